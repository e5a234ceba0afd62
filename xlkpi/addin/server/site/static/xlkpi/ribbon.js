// The ribbon's buttons on the page that Excel keeps open: each calls its action on the server and shows what it says.

import { at, element, notify, ready, render, root, said, speak, state, words } from "./pane.js";

const button = (id) => state.data.buttons.find((one) => one.id === id);

// --- what an action is given ----------------------------------------------------------------------------------------

async function activeFormula() {
  return await Excel.run(async (context) => {
    const cell = context.workbook.getActiveCell();
    cell.load("formulas");
    await context.sync();
    return String(cell.formulas[0][0]);
  });
}

// Sheets that only machines read: their cells stay here, unless the formula to explain reads them. Refresh needs all.
async function unneeded(formula) {
  return await Excel.run(async (context) => {
    const tables = context.workbook.tables;
    tables.load("items/name,items/worksheet/name");
    const calculation = context.workbook.names.getItemOrNullObject("xlkpi_period_end");
    const anchors = context.workbook.worksheets.getItemOrNullObject("xlkpi_anchors");
    const active = context.workbook.worksheets.getActiveWorksheet();
    active.load("name");
    await context.sync();
    const names = tables.items
      .filter((table) => ["xlkpi_data", "xlkpi_series"].includes(table.name) && !formula.includes(table.name))
      .map((table) => table.worksheet.name);
    if (!anchors.isNullObject) names.push("xlkpi_anchors");
    if (!calculation.isNullObject) {
      const sheet = calculation.getRange().worksheet;
      sheet.load("name");
      await context.sync();
      names.push(sheet.name);
    }
    const needed = (name) => name === active.name || formula.includes(name);
    return names.filter((name) => !needed(name) && !name.includes(",")).join(",");
  });
}

async function described(id, formula) {
  let exclude = "";
  if (id !== "refresh") {
    try {
      exclude = await unneeded(formula);
    } catch {
      // all sheets, then
    }
  }
  return await globalThis.xlwings.getBookData({ exclude, headers: {} });
}

// --- the call -------------------------------------------------------------------------------------------------------

async function called(id) {
  const formula = id === "explain_cell" ? await activeFormula() : "";
  const given = id === "new_scorecard" ? (state.goal ?? state.data.goal) : formula;
  const payload = { ...(await described(id, formula)), args: [state.language, given] };
  const who = typeof globalThis.getAuth === "function" ? await globalThis.getAuth() : { token: "", provider: "" };
  const answer = await fetch(root.dataset.scripts + id, {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: who.token, "Auth-Provider": who.provider },
    body: JSON.stringify(payload),
  });
  if (!answer.ok) throw new Error((await answer.text()) || answer.statusText);
  return (await answer.json()).actions;
}

async function perform(id) {
  notify(words("running").replace("#", said(button(id).label)), false, true);
  try {
    const actions = await called(id);
    await globalThis.xlwings.runActions({ actions: actions.filter(({ func }) => func !== "alert") });
    const alerts = actions.filter(({ func }) => func === "alert");
    at("notice").hidden = true;
    for (const { args: [text, , , mode] } of alerts) await tell(text, mode === "critical");
  } catch (error) {
    at("notice").hidden = true;
    await tell(words("no_answer").replace("#", error?.message ?? error), true);
  }
}

export async function run(id) {
  await ready;
  if (!state.data) return; // the page says why
  const { office } = button(id);
  if (office === "script") return await perform(id);
  if (id === "language") {
    const codes = Object.keys(state.data.texts);
    speak(codes[(codes.indexOf(state.language) + 1) % codes.length]);
    notify(words("spoken"));
  } else {
    view(id === "help" ? "actions" : "functions");
  }
  await showPane();
}

// --- what it says ---------------------------------------------------------------------------------------------------

async function showPane() {
  try {
    await globalThis.Office?.addin?.showAsTaskpane?.();
  } catch {
    // it is open already, or this Excel shows none
  }
}

async function tell(text, bad = false) {
  const told = at("told");
  told.classList.toggle("bad", bad);
  told.hidden = false;
  told.replaceChildren(
    element("p", { textContent: text }),
    element("button", { type: "button", className: "close", textContent: words("close"), onclick: () => (told.hidden = true) }),
  );
  await showPane();
  told.scrollIntoView({ block: "nearest" });
}

function view(name) {
  state.view = name;
  render();
}

function renderActions() {
  const views = { functions: words("title"), actions: words("actions") };
  at("views").replaceChildren(
    ...Object.entries(views).map(([id, name]) =>
      element("button", {
        type: "button", textContent: name, "aria-pressed": String(id === state.view), onclick: () => view(id),
      }),
    ),
  );
  at("actions").replaceChildren(
    ...state.data.buttons.map((one) => {
      const made = element(
        "button", { type: "button", onclick: () => run(one.id) },
        element("img", { src: `${root.dataset.icons}${one.id}-32.png`, width: 28, height: 28, alt: "" }),
        element(
          "span", {},
          element("span", { className: "name", textContent: said(one.label) }),
          element("span", { className: "tip", textContent: said(one.tip) }),
        ),
      );
      made.dataset.action = one.id;
      return element("li", {}, made, ...(one.id === "new_scorecard" ? [goals()] : []));
    }),
  );
}

// What the objectives of a new scorecard serve.
function goals() {
  const select = element(
    "select", { id: "goal", onchange: () => (state.goal = select.value) },
    ...Object.entries(state.data.goals).map(([id, name]) => element("option", { value: id, textContent: said(name) })),
  );
  select.value = state.goal ?? state.data.goal;
  return element("label", { className: "choice" }, `${words("goal")} `, select);
}

document.addEventListener("xlkpi-rendered", renderActions);
if (state.data) renderActions();
for (const id of root.dataset.actions.split(" ")) {
  globalThis.Office?.actions?.associate?.(id, async (event) => {
    try {
      await run(id);
    } finally {
      event?.completed?.();
    }
  });
}
