// What a section found, as a table for the terminal and as Markdown.
//
// In a row a number is a ratio (how many times as fast as that peer we are); everything else is text, and stays as it is.

import { geometricMean } from './measure.mjs';

/** One table with what its ratios come to. */
export function tableText({ title, note, rows }) {
  const sum = summary(rows);
  const parts = [`### ${title}`, note, grid(rows.map(formatted)), sum.length ? grid(sum.map(formatted)) : undefined];
  return parts.filter(Boolean).join('\n\n');
}

/** The whole of a section, for bench/results/. */
export function markdown({ title, intro, tables, plots = [] }, facts) {
  const parts = [`# ${title}`, intro];
  parts.push(...plots.map(({ name, alt }) => `![${alt}](${name}.svg)`));
  parts.push(...tables.map(tableText), '## Measured', facts.map((fact) => `- ${fact}`).join('\n'));
  return `${parts.filter(Boolean).join('\n\n')}\n`;
}

/** Per peer the geometric mean of its column, and the lowest cell. */
function summary(rows) {
  // Of so few, the rows themselves are shorter.
  if (rows.length < 5) return [];
  const columns = columnsOf(rows).filter((column) => rows.some((row) => typeof row[column] === 'number'));
  return columns.map((column) => {
    const cells = rows.filter((row) => typeof row[column] === 'number');
    const lowest = cells.reduce((least, row) => (row[column] < least[column] ? row : least));
    return {
      ratio: column,
      'geometric mean': geometricMean(cells.map((row) => row[column])),
      lowest: lowest[column],
      'lowest cell': Object.values(lowest)[0],
      cells: `${cells.length}`,
    };
  });
}

function formatted(row) {
  return Object.fromEntries(Object.entries(row).map(([column, cell]) => [column, format(cell)]));
}

function format(cell) {
  if (typeof cell !== 'number') return cell ?? '';
  return cell >= 100 ? cell.toFixed(0) : cell >= 10 ? cell.toFixed(1) : cell.toFixed(2);
}

function columnsOf(rows) {
  return [...new Set(rows.flatMap((row) => Object.keys(row)))];
}

function grid(rows) {
  const columns = columnsOf(rows);
  const cell = (row, column) => `${row[column] ?? ''}`;
  const widths = columns.map((column) => Math.max(column.length, ...rows.map((row) => cell(row, column).length)));
  const line = (cells) =>
    `| ${cells.map((text, at) => (at ? text.padStart(widths[at]) : text.padEnd(widths[at]))).join(' | ')} |`;
  const rule = `|${widths.map((width, at) => `${'-'.repeat(width + 1)}${at ? ':' : '-'}`).join('|')}|`;
  return [line(columns), rule, ...rows.map((row) => line(columns.map((column) => cell(row, column))))].join('\n');
}
