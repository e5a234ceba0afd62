// An Office manifest in XML, converted by Microsoft's converter and checked by the schema of the format that it becomes.
// node manifest.mjs MANIFEST.xml FOLDER; prints the faults and the converted manifest as JSON.
import { createRequire } from "node:module";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const require = createRequire(import.meta.url);
const [manifest, folder] = process.argv.slice(2);
const converter = join(dirname(require.resolve("office-addin-manifest-converter/package.json")), "cli.js");
execFileSync(process.execPath, [converter, "convert", manifest, "-o", folder], { stdio: ["ignore", "ignore", "inherit"] });
const converted = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8"));
const home = join(dirname(require.resolve("@microsoft/app-manifest/package.json")), "build", "json-schemas", "teams");
const schema = JSON.parse(readFileSync(join(home, `v${converted.manifestVersion}`, "MicrosoftTeams.schema.json"), "utf8"));
const Ajv = require("ajv-draft-04");
const check = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(schema);
check(converted);
console.log(JSON.stringify({ faults: (check.errors ?? []).map((e) => `${e.instancePath} ${e.message}`), converted }));
