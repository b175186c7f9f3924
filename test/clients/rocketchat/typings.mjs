// Asks TypeScript whether JSON fits the types of answers.ts.
import { fileURLToPath } from "node:url";
import { load } from "../packages.mjs";

const ANSWERS = fileURLToPath(new URL("answers.ts", import.meta.url));
const CHECK = fileURLToPath(new URL("check.ts", import.meta.url)); // never written
const parsed = new Map(); // the typings are long, and the same for every question

/** What TypeScript has to say against each of the answers, [name of a type in answers.ts, JSON value]: a list of lines
 *  for each. A value must have all that its type requires and nothing that the type does not know. */
export function objections(answers) {
  const ts = load("typescript");
  const options = {
    noEmit: true,
    strict: true,
    skipLibCheck: true, // the packages' own faults are not ours
    target: ts.ScriptTarget.ES2020,
    module: ts.ModuleKind.CommonJS,
    moduleResolution: ts.ModuleResolutionKind.Node10,
    types: [],
  };
  const pieces = ['import type { Answers } from "./answers";\n'];
  for (const [name, value] of answers) pieces.push(`export const answer${pieces.length}: Answers["${name}"] = ${JSON.stringify(value, null, 1)};\n`);
  const host = ts.createCompilerHost(options);
  const { getSourceFile } = host;
  host.getSourceFile = (file, ...more) => {
    if (file === CHECK) return ts.createSourceFile(file, pieces.join(""), ...more);
    if (!parsed.has(file)) parsed.set(file, getSourceFile.call(host, file, ...more));
    return parsed.get(file);
  };
  const program = ts.createProgram([CHECK, ANSWERS], options, host);

  const tell = ({ messageText }) => ts.flattenDiagnosticMessageText(messageText, " ").slice(0, 300);
  const broken = [...program.getOptionsDiagnostics(), ...program.getGlobalDiagnostics(), ...program.getSemanticDiagnostics(program.getSourceFile(ANSWERS))];
  if (broken.length) throw new Error(`answers.ts itself: ${broken.map(tell).join("; ")}`);

  const check = program.getSourceFile(CHECK);
  const found = program.getSemanticDiagnostics(check);
  let end = pieces[0].length;
  return pieces.slice(1).map((piece) => {
    const start = end;
    end += piece.length;
    const mine = found.filter((one) => one.start >= start && one.start < end);
    return mine.map((one) => `${check.text.slice(one.start, check.text.indexOf("\n", one.start)).slice(0, 60)}: ${tell(one)}`);
  });
}
