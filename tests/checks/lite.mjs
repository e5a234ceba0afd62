// Runs functions in Pyodide as xlwings Lite does: node lite.mjs MAIN.PY PACKAGES < calls.json > results.json
// PACKAGES is a folder with xlwings and what it imports; a call is [function, arguments], an argument rows of cells.
import { readFileSync } from 'node:fs';
import { loadPyodide } from 'pyodide';

const [main, packages] = process.argv.slice(2);
const python = await loadPyodide({ env: { HOME: '/home/pyodide', XLWINGS_ON_SERVER: 'true', XLWINGS_LICENSE_KEY: 'noncommercial' } });
python.FS.mkdir('/packages');
python.mountNodeFS('/packages', packages);
python.globals.set('source', readFileSync(main, 'utf8'));
python.globals.set('calls', readFileSync(0, 'utf8'));
const results = await python.runPythonAsync(`
import json, sys, types
sys.path.append('/packages')
import xlwings, xlwings.server
main = types.ModuleType('main')
sys.modules['main'] = main
exec(compile(source, 'main.py', 'exec'), main.__dict__)
results = []
for name, arguments in json.loads(calls):
    call = {'func_name': name, 'args': arguments, 'caller_address': '[B]S!A1', 'content_language': 'en',
            'culture_info_name': 'en-US', 'date_format': 'm/d/yyyy', 'version': xlwings.__version__,
            'runtime': '1.4', 'client': 'Office.js'}
    results.append(await xlwings.server.custom_functions_call(call, main))
meta = xlwings.server.custom_functions_meta(main)
json.dumps({'results': results, 'functions': [f['id'] for f in meta['functions']]})
`);
process.stdout.write(results);
