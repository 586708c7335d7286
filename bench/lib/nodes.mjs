// The Nodes to measure on: those that bench/package.json pins, or what the environment names, or the one that runs this.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const MAJORS = [20, 24];

/** @returns {{ key: string, name: string, version: string, path: string }[]} `node20` and `node24`, as far as they are there */
export function nodes() {
  return MAJORS.map(find).filter(Boolean);
}

/** The newest of them, or the one that runs this where none is there. */
export function newestNode() {
  return nodes().at(-1) ?? { key: 'node', name: `Node ${process.version}`, path: process.execPath };
}

/** @returns {string[]} what is not there, and how to name one */
export function missingNodes() {
  return MAJORS.filter((major) => !find(major)).map(
    (major) =>
      `Node ${major} is left out: there is none for ${process.platform}-${process.arch}; name one in $NODE${major}.`,
  );
}

const found = new Map();

function find(major) {
  if (!found.has(major)) found.set(major, look(major));
  return found.get(major);
}

function look(major) {
  const name = `node${major}-${process.platform}-${process.arch}`;
  const end = process.platform === 'win32' ? 'node.exe' : 'node';
  const pinned = fileURLToPath(new URL(`../node_modules/${name}/bin/${end}`, import.meta.url));
  const named = process.env[`NODE${major}`];
  const path = [named, pinned, process.execPath].find((candidate) => candidate && majorOf(candidate) === major);
  return path && { key: `node${major}`, name: `Node ${major}`, version: versionOf(path), path };
}

function majorOf(path) {
  return Number.parseInt(versionOf(path), 10);
}

function versionOf(path) {
  if (path === process.execPath) return process.versions.node;
  if (!existsSync(path)) return '';
  return spawnSync(path, ['-p', 'process.versions.node'], { encoding: 'utf8' }).stdout?.trim() ?? '';
}
