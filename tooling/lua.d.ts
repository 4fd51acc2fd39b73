/** Scripts are bundled as text, by tsup (`tooling/tsup.ts`) and by vitest (`tooling/vitest.ts`). */
declare module '*.lua' {
  const source: string;
  export default source;
}
