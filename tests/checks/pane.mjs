// The task pane of a running server in headless Chromium, with a stand-in for office.js. Prints what it saw as JSON.
// node pane.mjs URL CHROMIUM FOLDER: screenshots go there, and book.json in it describes a workbook for the buttons.
import { createRequire } from "node:module";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const require = createRequire(import.meta.url);
const { chromium } = require("playwright-core");
const [url, program, pictures] = process.argv.slice(2);

// What the page needs of Office: functions that register themselves, a workbook with an active cell, the user's culture.
const OFFICE = `
globalThis.functions = {};
globalThis.written = [];
globalThis.buttons = {};
globalThis.CustomFunctions = {
  associate: (id, call) => { functions[id] = call; },
  Error: class extends Error { constructor(code, message) { super(message); this.code = code; } },
  ErrorCode: { invalidValue: "#VALUE!", notAvailable: "#N/A" },
};
globalThis.Office = {
  onReady: (then) => { const info = { host: "Excel", platform: "OfficeOnline" }; then?.(info); return Promise.resolve(info); },
  context: {
    displayLanguage: "fr-FR", requirements: { isSetSupported: () => true }, diagnostics: {},
    document: { settings: { get() {}, set() {}, saveAsync() {} } },
  },
  actions: { associate: (id, run) => { buttons[id] = run; } }, addin: { showAsTaskpane: async () => { globalThis.shown = (globalThis.shown ?? 0) + 1; } }, HostType: { Excel: "Excel" }, PlatformType: { OfficeOnline: "OfficeOnline" }, EventType: {},
};
const cell = {
  address: "Feuil1!D5", columnIndex: 3, rowIndex: 4, load() {}, get formulas() { return [["=KPI_ROI(B1,C1)"]]; },
  set formulas(rows) { if (globalThis.refuse) throw new Error(refuse); written.push(rows); },
};
// Whatever else xlwings' client does to a workbook is taken, whoever's object it is done to.
const anything = new Proxy(function () {}, {
  get: (_, key) => (key === "then" ? undefined : key === Symbol.toPrimitive ? () => "0" : key === "isNullObject" ? false : anything),
  set: () => true,
  apply: () => anything,
});
const taking = (known) => new Proxy(known, { get: (of, key) => (key in of || key === "then" ? of[key] : anything) });
globalThis.Excel = {
  RequestContext: class {
    workbook = taking({
      name: "book.xlsx", load() {}, getActiveCell: () => cell,
      tables: {
        load() {},
        items: [["xlkpi_data", "Data"], ["xlkpi_series", "Feuil1"], ["xlkpi_notes", "Notes"]].map(([name, sheet]) => ({ name, worksheet: { name: sheet } })),
      },
      names: { getItemOrNullObject: () => ({ isNullObject: false, getRange: () => ({ worksheet: { name: "Calc", load() {} } }) }) },
      worksheets: taking({ getItemOrNullObject: () => ({ isNullObject: false }), getActiveWorksheet: () => ({ name: "Feuil1", load() {} }) }),
    });
    application = { cultureInfo: { name: "fr-FR", load() {}, datetimeFormat: { shortDatePattern: "dd/MM/yyyy", load() {} } }, calculationEngineVersion: 1 };
    async sync() {}
  },
  run: async (work) => work(new Excel.RequestContext()),
};`;

const profile = mkdtempSync(join(tmpdir(), "pane-"));
const browser = await chromium.launchPersistentContext(profile, {
  executablePath: program, headless: true, viewport: { width: 350, height: 720 }, locale: "fr-FR",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});
const seen = { errors: [], hosts: [] };
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(20_000);
  page.on("pageerror", (error) => seen.errors.push(error.message));
  page.on("request", (request) => seen.hosts.push(new URL(request.url()).host));
  await page.route("**/office-js/**", (route) => route.fulfill({ contentType: "text/javascript", body: OFFICE }));
  const shot = async (name) => pictures && (await page.screenshot({ path: join(pictures, `${name}.png`) }));
  const names = () => page.locator("#list [data-function]").evaluateAll((all) => all.map((one) => one.dataset.function));
  const faults = async () => {
    await page.addScriptTag({ content: readFileSync(require.resolve("axe-core/axe.min.js"), "utf8") });
    const found = await page.evaluate(() => axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21aa"] }));
    return found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join(", ")}`);
  };

  await page.goto(`${url}/taskpane.html`);
  await page.locator("#list [data-function]").first().waitFor();
  seen.title = await page.title();
  seen.language = await page.locator("html").getAttribute("lang");
  seen.all = (await names()).length;
  seen.count = await page.locator("#count").textContent();
  seen.faults = await faults();
  await shot("list-fr");

  await page.fill("#words", "cout acquisition");
  seen.found = await names();
  await page.fill("#words", "open RATE");
  seen.foundInEnglish = await names();
  await page.fill("#words", "zzz");
  seen.none = await page.locator("#list").textContent();
  await shot("nothing");
  await page.fill("#words", "");
  await page.locator("#families button", { hasText: "SMART" }).click();
  seen.family = await names();
  await page.locator("#families button").first().click();
  await page.locator("#languages button", { hasText: "en" }).click();
  seen.english = await page.locator("#title").textContent();
  await page.locator("#languages button", { hasText: "fr" }).click();

  await page.fill("#words", "roi");
  await page.locator('[data-function="KPI_ROI"]').click();
  seen.detail = await page.locator("#detail").innerText();
  seen.focused = await page.evaluate(() => document.activeElement.tagName);
  seen.detailFaults = await faults();
  await shot("detail-fr");
  await page.getByRole("button", { name: "Insérer dans la cellule active" }).click();
  await page.locator("#notice").waitFor();
  seen.notice = await page.locator("#notice").textContent();
  await shot("inserted");
  await page.locator("#argument-cost").fill("0,5");
  await page.getByRole("button", { name: "Insérer dans la cellule active" }).click();
  await page.locator("#argument-cost").fill("");
  await page.getByRole("button", { name: "Insérer dans la cellule active" }).click();
  seen.missing = await page.locator("#notice").textContent();
  await page.locator("#argument-cost").fill("C5");
  await page.evaluate(() => { globalThis.refuse = "protected"; });
  await page.getByRole("button", { name: "Insérer dans la cellule active" }).click();
  seen.refused = await page.locator("#notice").textContent();
  seen.written = await page.evaluate(() => written);
  await page.keyboard.press("Escape");
  seen.back = await page.evaluate(() => document.activeElement.dataset.function);
  await page.emulateMedia({ colorScheme: "dark" });
  seen.darkFaults = await faults();
  await page.fill("#words", "");
  await shot("list-dark");

  await page.waitForFunction(() => globalThis.functions?.KPI_ROI && globalThis.xwRequest && globalThis.xlwings);
  seen.calls = await page.evaluate(async () => {
    const call = (name, ...values) => functions[name](...values, { address: "Feuil1!A1" });
    return {
      ids: Object.keys(functions).length,
      roi: await call("KPI_ROI", [[1000]], [[400]]),
      zero: await call("KPI_ROI", [[1000]], [[0]]),
      spilled: await call("KPI_CTR", [[1], [""], ["x"]], [[4]]),
      told: await call("KPI_EXPLAIN", [["roi"]], [[[45000]], [[18000]]]),
    };
  });

  // The ribbon: Excel calls what the page associated with each button. Reading and changing the workbook is stood in for.
  await page.emulateMedia({ colorScheme: "light" });
  const press = (id) => page.evaluate((id) => new Promise((done, failed) => buttons[id]({ completed: done }).catch(failed)), id);
  await page.evaluate((book) => {
    globalThis.done = [];
    globalThis.values = [];
    xlwings.getBookData = async ({ exclude }) => {
      globalThis.excluded = exclude;
      return structuredClone(book);
    };
    xlwings.runActions = async ({ actions }) => { 
      done.push(...actions.map(({ func }) => func));
      values.push(...actions.flatMap(({ values }) => values ?? []).flat().filter((value) => typeof value === "string"));
    };
  }, JSON.parse(readFileSync(join(pictures, "book.json"), "utf8")));
  seen.buttons = { ids: await page.evaluate(() => Object.keys(buttons)), told: {}, done: {} };
  await press("help");
  await shot("buttons-fr");
  seen.buttons.listed = await page.locator("#actions [data-action]").evaluateAll((all) => all.map((one) => one.dataset.action));
  seen.buttons.icons = await page.locator("#actions img").evaluateAll((all) => all.every((one) => one.naturalWidth === 32));
  seen.buttons.faults = await faults();
  seen.buttons.goals = await page.locator("#goal option").evaluateAll((all) => all.map((one) => one.value));
  await page.locator("#goal").selectOption("leads");
  for (const id of ["check", "explain_cell", "notes", "new_scorecard"]) {
    await page.evaluate(() => { done.length = 0; document.getElementById("told").hidden = true; });
    await press(id);
    seen.buttons.told[id] = await page.locator("#told").isVisible() ? await page.locator("#told p").textContent() : null;
    seen.buttons.done[id] = await page.evaluate(() => [...new Set(done)]);
    await shot(`told-${id}`);
  }
  seen.buttons.excluded = [await page.evaluate(() => excluded)];
  await press("refresh");
  seen.buttons.excluded.push(await page.evaluate(() => excluded));
  seen.buttons.written = await page.evaluate(() => values);
  seen.buttons.toldFaults = await faults();
  await press("language");
  seen.buttons.language = await page.locator("html").getAttribute("lang");
  await page.locator('#actions [data-action="insert_function"]').click();
  seen.buttons.functions = await page.locator("#list").isVisible();
  await page.route("**/custom-scripts-call/**", (route) => route.abort());
  await press("check");
  seen.buttons.refused = await page.locator("#told p").textContent();
  seen.buttons.shown = await page.evaluate(() => shown);
} finally {
  await browser.close();
  rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
}
seen.hosts = [...new Set(seen.hosts)];
console.log(JSON.stringify(seen));
