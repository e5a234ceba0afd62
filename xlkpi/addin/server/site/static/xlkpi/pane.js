// The task pane: a catalogue of functions to search, read and insert. No library, no external resource.

const root = document.getElementById("xlkpi");
const at = (id) => document.getElementById(id);
const state = { data: null, language: "en", view: "functions", family: "", words: "", open: null, cell: null };

const fold = (text) =>
  text.normalize("NFKD").replace(/’/g, "'").replace(/\p{M}/gu, "").toLowerCase();
const words = (key) => state.data?.texts[state.language][key] ?? "";
const said = (texts) => texts[state.language] ?? texts.en ?? "";

function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in made && name !== "list") made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

// --- the language -------------------------------------------------------------------------------------------------

function remembered() {
  try {
    return localStorage.getItem("xlkpi.language");
  } catch {
    return null; // storage is off in some private windows
  }
}

function speak(language) {
  state.language = language;
  try {
    localStorage.setItem("xlkpi.language", language);
  } catch {
    // not remembered, then
  }
  render();
}

function firstLanguage(data) {
  const shown = (globalThis.Office?.context?.displayLanguage ?? navigator.language ?? "en").slice(0, 2);
  const wanted = [remembered(), data.language, shown].find((code) => code && data.texts[code]);
  return wanted ?? "en";
}

// --- the list -----------------------------------------------------------------------------------------------------

function found() {
  const wanted = fold(state.words).split(/\s+/).filter(Boolean);
  const rank = (entry) => {
    const names = fold([entry.name, ...Object.values(entry.title)].join(" "));
    return wanted.every((word) => names.includes(word)) ? 0 : 1;
  };
  return state.data.functions
    .filter((entry) => !state.family || entry.family === state.family)
    .filter((entry) => wanted.every((word) => entry.search.includes(word)))
    .map((entry, index) => ({ entry, index, rank: wanted.length ? rank(entry) : 0 }))
    .sort((a, b) => a.rank - b.rank || a.index - b.index)
    .map(({ entry }) => entry);
}

function renderHeader() {
  document.documentElement.lang = state.language;
  document.title = `xlkpi – ${words("title")}`;
  at("title").textContent = words(state.view === "functions" ? "title" : "actions");
  at("words-label").textContent = words("search");
  at("words").placeholder = words("placeholder");
  const languages = at("languages");
  languages.setAttribute("aria-label", words("language"));
  languages.replaceChildren(
    ...Object.keys(state.data.texts).map((code) =>
      element("button", {
        type: "button", textContent: code, title: state.data.texts[code].language_name, lang: code,
        "aria-pressed": String(code === state.language), onclick: () => speak(code),
      }),
    ),
  );
  const families = [{ id: "", name: words("all") }, ...state.data.families.map((f) => ({ id: f.id, name: said(f.name) }))];
  at("families").replaceChildren(
    ...families.map((family) =>
      element("button", {
        type: "button", textContent: family.name, "aria-pressed": String(family.id === state.family),
        onclick: () => {
          state.family = family.id;
          state.open = null;
          render();
        },
      }),
    ),
  );
}

function renderList() {
  const entries = found();
  const count = entries.length === 1 ? words("count_one") : words("count").replace("#", entries.length);
  at("count").textContent = entries.length ? count : "";
  const list = at("list");
  if (!entries.length) {
    list.replaceChildren(
      element("li", { className: "empty" }, element("strong", { textContent: words("none") }), words("none_hint")),
    );
    return;
  }
  const rows = [];
  let family = null;
  for (const entry of entries) {
    if (entry.family !== family && !state.words) {
      family = entry.family;
      const known = state.data.families.find((f) => f.id === family);
      rows.push(element("li", {}, element("h2", { textContent: said(known.name) })));
    }
    const button = element(
      "button", { type: "button", onclick: () => open(entry) },
      element("span", { className: "name", textContent: said(entry.title) }),
      element("span", { className: "code", textContent: entry.name }),
    );
    button.dataset.function = entry.name;
    rows.push(element("li", {}, button));
  }
  list.replaceChildren(...rows);
}

// --- one function -------------------------------------------------------------------------------------------------

const columnName = (index) => (index < 26 ? "" : columnName(Math.floor(index / 26) - 1)) + String.fromCharCode(65 + (index % 26));

// The cells to the left of the active one, which is where figures usually stand; to its right where there is no room.
function proposed(entry, cell) {
  const single = (a) => !a.optional && (a.kind === "number" || a.kind === "day");
  const wanted = entry.arguments.filter(single).length;
  const first = cell && cell.column >= wanted ? cell.column - wanted : (cell?.column ?? 0) + 1;
  let next = first;
  return entry.arguments.map((argument) => {
    if (!single(argument)) return "";
    const column = columnName(next++);
    return `${column}${(cell?.row ?? 1) + 1}`;
  });
}

async function activeCell() {
  try {
    return await Excel.run(async (context) => {
      const cell = context.workbook.getActiveCell();
      cell.load("address,columnIndex,rowIndex");
      await context.sync();
      return { address: cell.address, column: cell.columnIndex, row: cell.rowIndex };
    });
  } catch {
    return null; // outside Excel, or while a cell is being edited
  }
}

async function open(entry) {
  state.open = entry;
  state.cell = await activeCell();
  state.values = proposed(entry, state.cell);
  render();
  at("detail").querySelector("h2").focus();
}

function close() {
  const name = state.open.name;
  state.open = null;
  render();
  at("list").querySelector(`[data-function="${name}"]`)?.focus();
}

// What a person typed for an argument, as US English has it: a French decimal comma becomes a point.
const argumentText = (value) => {
  const text = value.trim();
  return /^-?\d+,\d+$/.test(text) ? text.replace(",", ".") : text.replace(/;(?=(?:[^"]*"[^"]*")*[^"]*$)/g, ",");
};

function formula(entry) {
  const given = entry.arguments.map((argument, i) => argumentText(state.values[i]));
  while (given.length && !given.at(-1)) given.pop();
  return `=${entry.name}(${given.join(",")})`;
}

const shownFormula = (entry) => {
  const given = state.values.map((value) => value.trim());
  while (given.length && !given.at(-1)) given.pop();
  return `=${entry.name}(${given.join(state.language === "fr" ? ";" : ",")})`;
};

function section(key, ...children) {
  return [element("h3", { textContent: words(key) }), ...children];
}

function renderDetail() {
  const entry = state.open;
  const detail = at("detail");
  const preview = element("output", { className: "preview", textContent: shownFormula(entry) });
  preview.style.display = "block";
  const fields = entry.arguments.map((argument, i) => {
    const id = `argument-${argument.name}`;
    const input = element("input", {
      id, value: state.values[i], autocomplete: "off", spellcheck: false, "aria-describedby": `${id}-help`,
      oninput: (event) => {
        state.values[i] = event.target.value;
        preview.textContent = shownFormula(entry);
      },
    });
    const label = element("label", { htmlFor: id, textContent: argument.name + (argument.repeating ? "…" : "") });
    if (argument.optional) label.append(element("span", { className: "optional", textContent: words("optional") }));
    return element(
      "div", { className: "field" }, label, element("span", { id: `${id}-help`, className: "help", textContent: said(argument.help) }), input,
    );
  });
  const parts = [
    element("button", { type: "button", className: "back", textContent: `‹ ${words("back")}`, onclick: close }),
    element("h2", { textContent: said(entry.title), tabIndex: -1 }),
    element("span", { className: "code", textContent: entry.name }),
    ...section("definition", element("p", { textContent: said(entry.definition) })),
  ];
  if (said(entry.formula)) parts.push(...section("formula", element("p", { className: "formula", textContent: said(entry.formula) })));
  if (said(entry.example)) parts.push(...section("example", element("p", { textContent: said(entry.example) })));
  parts.push(...section("call", element("p", { className: "code", textContent: said(entry.call) })));
  parts.push(...section("arguments", ...fields));
  parts.push(preview, element("button", { type: "button", className: "insert", textContent: words("insert"), onclick: insert }));
  const pitfalls = entry.pitfalls[state.language] ?? [];
  if (pitfalls.length) {
    parts.push(...section("pitfalls", element("ul", {}, ...pitfalls.map((p) => element("li", { textContent: p })))));
  }
  detail.replaceChildren(...parts);
}

// --- into the sheet -----------------------------------------------------------------------------------------------

let quiet;
function notify(text, bad = false, stays = false) {
  const notice = at("notice");
  notice.textContent = text;
  notice.classList.toggle("bad", bad);
  notice.hidden = false;
  clearTimeout(quiet);
  if (!stays) quiet = setTimeout(() => (notice.hidden = true), bad ? 8000 : 4000);
}

async function insert() {
  const entry = state.open;
  const lacking = entry.arguments.some((a, i) => !a.optional && !a.repeating && !state.values[i].trim());
  if (lacking) return notify(words("missing"), true);
  if (!globalThis.Excel) return notify(words("offline"), true);
  try {
    const address = await Excel.run(async (context) => {
      const cell = context.workbook.getActiveCell();
      cell.formulas = [[formula(entry)]];
      cell.load("address");
      await context.sync();
      return cell.address;
    });
    notify(words("inserted").replace("#", address.split("!").pop()));
  } catch (error) {
    notify(words("failed").replace("#", error.message ?? error), true);
  }
}

// --- start --------------------------------------------------------------------------------------------------------

function render() {
  renderHeader();
  const functions = state.view === "functions";
  const open = functions && Boolean(state.open);
  at("search").hidden = at("families").hidden = !functions;
  at("list").hidden = at("count").hidden = open || !functions;
  at("detail").hidden = !open;
  at("actions").hidden = functions;
  if (open) renderDetail();
  else if (functions) renderList();
  document.dispatchEvent(new Event("xlkpi-rendered"));
}

at("search").addEventListener("submit", (event) => event.preventDefault());
at("words").addEventListener("input", (event) => {
  state.words = event.target.value;
  state.open = null;
  if (state.data) render();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && state.open) close();
});

async function start() {
  try {
    await globalThis.Office?.onReady?.();
  } catch {
    // the catalogue can be read outside Excel, too
  }
  try {
    const answer = await fetch(root.dataset.catalogue);
    if (!answer.ok) throw new Error(answer.statusText);
    state.data = await answer.json();
  } catch {
    at("list").replaceChildren(
      element(
        "li", { className: "empty" },
        element("strong", { textContent: root.dataset.failed }),
        element("button", { type: "button", className: "insert", textContent: root.dataset.retry, onclick: start }),
      ),
    );
    return;
  }
  state.language = firstLanguage(state.data);
  render();
}

const ready = start();

export { at, element, notify, ready, render, root, said, speak, state, words };
