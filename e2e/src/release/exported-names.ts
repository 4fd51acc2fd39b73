import ts from 'typescript';

export interface ExportedNames {
  /** The names that exist at run time. */
  values: string[];
  /** The names that are only types. */
  types: string[];
}

/** The exports of declaration files, by their paths. */
export function exportedNames(files: readonly string[]): Map<string, ExportedNames> {
  const program = ts.createProgram(files, {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    types: [],
    skipLibCheck: true,
  });
  const checker = program.getTypeChecker();

  const entries = files.map((file) => {
    const source = program.getSourceFile(file);
    const module = source && checker.getSymbolAtLocation(source);
    if (!module) throw new Error(`${file} is not a module`);

    const names: ExportedNames = { values: [], types: [] };
    for (const symbol of checker.getExportsOfModule(module)) {
      (isValue(symbol, checker) ? names.values : names.types).push(symbol.name);
    }
    return [file, { values: names.values.sort(), types: names.types.sort() }] as const;
  });
  return new Map(entries);
}

function isValue(symbol: ts.Symbol, checker: ts.TypeChecker): boolean {
  if (symbol.declarations?.some(ts.isTypeOnlyImportOrExportDeclaration)) return false;
  const isAlias = (symbol.flags & ts.SymbolFlags.Alias) !== 0;
  const { flags } = isAlias ? checker.getAliasedSymbol(symbol) : symbol;
  return (flags & ts.SymbolFlags.Value) !== 0;
}
