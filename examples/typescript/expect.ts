/** Says what was seen; the program ends with an error at the first difference. */
export function expect<T>(what: string, actual: T, expected: T): void {
  if (actual !== expected) {
    throw new Error(`${what}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`);
  }
  console.log(`   ${what}: ${String(actual)}`);
}

/** A value that must be there. */
export function present<T>(what: string, value: T | undefined): T {
  if (value === undefined) {
    throw new Error(`${what} is missing`);
  }
  return value;
}
