// Bundles the page into src/okr_api/transport/graphiql/static/, with the licences of everything that went in.
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = fileURLToPath(new URL('.', import.meta.url));
const out = join(here, '../src/okr_api/transport/graphiql/static');

// GraphiQL's style sheet carries two web fonts, nine tenths of its size; the system's own are named after them.
const withoutFonts = {
  name: 'without-fonts',
  setup: ({ onLoad }) =>
    onLoad({ filter: /graphiql[/\\]dist[/\\]style\.css$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8'))
        .replaceAll(/@font-face\s*\{[^}]*\}/g, '')
        .replaceAll(/"?\bRoboto\b"?(, sans-serif)?/g, 'system-ui, sans-serif')
        .replaceAll(/"?\bFira Code\b"?(, monospace)?/g, 'ui-monospace, Menlo, Consolas, monospace'),
      loader: 'css',
    })),
};

async function bundle() {
  const { metafile } = await build({
    absWorkingDir: here,
    entryPoints: { graphiql: 'src/main.jsx' },
    outdir: out,
    entryNames: '[name]-[hash]',
    bundle: true,
    minify: true,
    metafile: true,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    loader: { '.graphql': 'text' },
    define: { 'process.env.NODE_ENV': '"production"' },
    legalComments: 'none', // LICENSES.txt has them whole
    plugins: [withoutFonts],
    logLevel: 'warning',
  });
  const [path, { cssBundle, inputs }] = Object.entries(metafile.outputs).find(([, { entryPoint }]) => entryPoint);
  const folders = Object.keys(inputs).map((input) => input.match(/^.*node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0]);
  return { js: basename(path), css: basename(cssBundle), packages: [...new Set(folders)].filter(Boolean).sort() };
}

// Some packages name the MIT licence and carry no copy of it.
const mit = (holder) => `Copyright (c) ${holder}

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;

async function licences(packages) {
  const parts = ['The script and the style sheet beside this file are made from these packages.'];
  for (const folder of packages) {
    const { name, version, license, author } = JSON.parse(await readFile(join(here, folder, 'package.json'), 'utf8'));
    const by = author?.name ?? author;
    parts.push('='.repeat(80), `${name} ${version} (${license})${by ? `, ${by}` : ''}`);
    const files = (await readdir(join(here, folder))).filter((file) => /^(licen[sc]e|notice|copying)/i.test(file));
    for (const file of files.sort()) parts.push(await readFile(join(here, folder, file), 'utf8'));
    if (files.length) continue;
    if (license !== 'MIT') throw new Error(`${name} (${license}) carries no licence file`);
    parts.push(mit(by ?? `the authors of ${name}`));
  }
  const text = parts.map((part) => part.replaceAll(/[ \t\r]+$/gm, '').trim()).join('\n\n');
  return `${text}\n`;
}

async function page({ js, css }) {
  const fill = { JS: js, CSS: css };
  const html = await readFile(join(here, 'src/index.html'), 'utf8');
  // %STATIC% stays for the server, which knows where it serves this folder.
  return html.replaceAll(/%([A-Z]+)%/g, (whole, key) => fill[key] ?? whole);
}

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
const made = await bundle();
await writeFile(join(out, 'index.html'), await page(made));
await writeFile(join(out, 'LICENSES.txt'), await licences(made.packages));
