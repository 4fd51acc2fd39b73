// Compiles the same program with several configurations, each as strictly as `tsc` does:
// node compile.mjs <tsconfig>...
import ts from 'typescript';

const host = {
  ...ts.sys,
  onUnRecoverableConfigFileDiagnostic: (diagnostic) => {
    throw new Error(ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n'));
  },
};
const parsed = new Map();
const [first, ...others] = process.argv.slice(2);
const problems = [...compile(first), ...others.flatMap((path) => compile(path, isOfNode))];
if (problems.length > 0) {
  console.error(ts.formatDiagnostics(problems, ts.createCompilerHost({})));
  process.exitCode = 1;
}

function compile(path, isKnown = () => false) {
  const { fileNames, options, errors } = ts.getParsedCommandLineOfConfigFile(path, {}, host);
  const program = ts.createProgram(fileNames, options, sharing(options));
  const checked = program.getSourceFiles().filter((file) => !isKnown(file));
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

/** The declarations of Node and of the language take most of the time, and are the same in all configurations. */
function isOfNode({ fileName }) {
  return /\/(@types\/node|undici-types|typescript\/lib)\//.test(fileName);
}
