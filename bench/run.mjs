// `npm run bench [parse|encode]`: measures, prints, asserts nothing about speed.

import { encodeRows } from './encode.mjs';
import { parse } from './parse.mjs';

const sections = { parse, encode: encodeRows };
const wanted = process.argv.slice(2).filter((word) => word in sections);
const options = process.argv.includes('--quick') ? { turn: 10, rounds: 5 } : {};

console.log(`Node ${process.version}, ${process.platform} ${process.arch}. Ratios above 1: ours is faster.\n`);
for (const name of wanted.length ? wanted : Object.keys(sections)) {
  const { title, rows, mean } = sections[name](options);
  console.log(`## ${title}\n`);
  console.log(table(rows.map(({ ratio, ...rest }) => ({ row: rest.row, ratio: ratio.toFixed(2), ...rest }))));
  console.log(`\nGeometric mean: ${mean.toFixed(2)}\n`);
}

function table(rows) {
  const columns = Object.keys(rows[0]);
  const widths = columns.map((column) => Math.max(column.length, ...rows.map((row) => `${row[column]}`.length)));
  const line = (cells) =>
    `| ${cells.map((cell, at) => (at ? `${cell}`.padStart(widths[at]) : `${cell}`.padEnd(widths[at]))).join(' | ')} |`;
  const rule = `|${widths.map((width, at) => `${'-'.repeat(width + 1)}${at ? ':' : '-'}`).join('|')}|`;
  return [line(columns), rule, ...rows.map((row) => line(columns.map((column) => row[column])))].join('\n');
}
