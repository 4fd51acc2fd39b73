// Compiles the same program with several configurations, each as strictly as `tsc` does, but for Node's own declarations:
// node compile.mjs <tsconfig>...
import ts from 'typescript';

const host = {
  ...ts.sys,
  onUnRecoverableConfigFileDiagnostic: (diagnostic) => {
    throw new Error(ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n'));
  },
};
const parsed = new Map();
const problems = process.argv.slice(2).flatMap(compile);
if (problems.length > 0) {
  console.error(ts.formatDiagnostics(problems, ts.createCompilerHost({})));
  process.exitCode = 1;
}

function compile(path) {
  const { fileNames, options, errors } = ts.getParsedCommandLineOfConfigFile(path, {}, host);
  const program = ts.createProgram(fileNames, options, sharing(options));
  const checked = program.getSourceFiles().filter((file) => !isOfNode(file));
  return [
    ...errors,
    ...program.getOptionsDiagnostics(),
    ...program.getGlobalDiagnostics(),
    ...checked.flatMap((file) => program.getSyntacticDiagnostics(file)),
    ...checked.flatMap((file) => program.getSemanticDiagnostics(file)),
    ...program.emit().diagnostics,
  ];
}

/** Parses no file twice. */
function sharing(options) {
  const host = ts.createCompilerHost(options);
  const parse = host.getSourceFile;
  host.getSourceFile = (path, how, ...more) => {
    const key = `${path} ${how.impliedNodeFormat}`;
    if (!parsed.has(key)) parsed.set(key, parse(path, how, ...more));
    return parsed.get(key);
  };
  return host;
}

/** The declarations of Node and of the language would take most of the time, and are not ours. */
function isOfNode({ fileName }) {
  return /\/(@types\/node|undici-types|typescript\/lib)\//.test(fileName);
}
