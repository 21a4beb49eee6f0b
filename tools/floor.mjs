// What the page's modules and stylesheets use, against what the oldest browsers have that README promises.
// Browsers' interfaces and JavaScript's are found by TypeScript's types, the versions in MDN's compatibility data.
// tools/floor.json has the floor, and what is newer than it and why that does no harm.
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.cwd(), "node_modules", "x"));
const ts = require("typescript");
const data = require("@mdn/browser-compat-data");
const { engines, later } = JSON.parse(readFileSync("tools/floor.json", "utf8"));
const found = new Map(); // feature: [its needs, the first place]
const SYNTAX = {
  [ts.SyntaxKind.PrivateIdentifier]: "classes.private_class_fields",
  [ts.SyntaxKind.ClassStaticBlockDeclaration]: "classes.static.initialization_blocks",
  [ts.SyntaxKind.QuestionQuestionToken]: "operators.nullish_coalescing",
  [ts.SyntaxKind.QuestionQuestionEqualsToken]: "operators.nullish_coalescing_assignment",
  [ts.SyntaxKind.BarBarEqualsToken]: "operators.logical_or_assignment",
  [ts.SyntaxKind.AmpersandAmpersandEqualsToken]: "operators.logical_and_assignment",
  [ts.SyntaxKind.QuestionDotToken]: "operators.optional_chaining",
  [ts.SyntaxKind.AwaitExpression]: "operators.await",
  [ts.SyntaxKind.ImportKeyword]: "operators.import",
};
// What was not yet there in 2009.
const NEW_SINCE_2009 = ["ArrowFunction", "ClassDeclaration", "TemplateExpression", "NoSubstitutionTemplateLiteral", "SpreadElement", "AwaitExpression", "ObjectBindingPattern", "ArrayBindingPattern", "QuestionDotToken", "QuestionQuestionToken", "ShorthandPropertyAssignment", "ForOfStatement"];

function filesOf(folder, suffix) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesOf(path, suffix) : path.endsWith(suffix) ? [path] : [];
  });
}

function at(root, path) {
  return path.split(".").reduce((node, name) => node?.[name], root);
}

/** The engines in which the feature is newer than the floor, as "safari 17.4"; empty where the data knows nothing. */
function needs(feature) {
  const support = at(data, feature)?.__compat?.support ?? {};
  return Object.entries(engines).flatMap(([engine, floor]) => {
    const says = [support[engine] ?? []].flat().filter((each) => !each.flags && !each.prefix && !each.alternative_name);
    if (!support[engine] || says.some((each) => !each.version_removed && parseFloat(String(each.version_added).replace("≤", "")) <= floor)) return [];
    return [`${engine} ${says[0]?.version_added || "never"}`];
  });
}

function use(feature, where) {
  if (found.has(feature)) return;
  const missing = needs(feature);
  if (missing.length) found.set(feature, [missing, where]);
}

function place(source, node) {
  return `${source.fileName}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
}

/** The interface that declares the symbol, as TypeScript's own libraries do. */
function owners(symbol) {
  return (symbol?.declarations ?? [])
    .filter((declaration) => /[\\/]typescript[\\/]lib[\\/]lib\./.test(declaration.getSourceFile().fileName))
    .map((declaration) => [declaration.getSourceFile().fileName, declaration.parent]);
}

function useMember(checker, source, node) {
  const symbol = checker.getSymbolAtLocation(node.name);
  for (const [file, parent] of owners(symbol)) {
    const owner = parent.name?.text ?? parent.parent?.name?.text;
    if (!owner) continue;
    const names = owner.replace(/(Constructor|EventMap)$/, "");
    use(/lib\.dom/.test(file) ? `api.${names}.${symbol.name}` : `javascript.builtins.${names}.${symbol.name}`, place(source, node));
  }
}

function useGlobal(checker, source, node) {
  for (const [file] of owners(checker.getSymbolAtLocation(node))) {
    use(/lib\.dom/.test(file) ? `api.${node.text}` : `javascript.builtins.${node.text}`, place(source, node));
  }
}

function walk(checker, source) {
  const visit = (node) => {
    if (SYNTAX[node.kind]) use(`javascript.${SYNTAX[node.kind]}`, place(source, node));
    if (ts.isMethodDeclaration(node) && ts.isPrivateIdentifier(node.name)) use("javascript.classes.private_class_methods", place(source, node));
    if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.name)) useMember(checker, source, node);
    else if (ts.isIdentifier(node) && !ts.isPropertyAccessExpression(node.parent)) useGlobal(checker, source, node);
    else if (ts.isIdentifier(node) && node.parent.expression === node) useGlobal(checker, source, node);
    ts.forEachChild(node, visit);
  };
  visit(source);
}

function checkOldScript(source) {
  const visit = (node) => {
    const name = ts.SyntaxKind[node.kind];
    const isLet = ts.isVariableDeclarationList(node) && node.flags & (ts.NodeFlags.Let | ts.NodeFlags.Const);
    if (NEW_SINCE_2009.includes(name) || isLet) found.set(`${name} in ${place(source, node)}`, [["a browser of 2009 cannot read it"], place(source, node)]);
    ts.forEachChild(node, visit);
  };
  visit(source);
}

function checkStyles(file) {
  const css = readFileSync(file, "utf8").replace(/\/\*[^]*?\*\//g, (comment) => comment.replace(/[^\n]/g, " "));
  for (const block of css.matchAll(/{([^{}]*)}/g)) {
    const before = new Map();
    for (const [, property, value] of block[1].matchAll(/([a-z-]+)\s*:\s*([^;]+)/g)) {
      const where = `${file}:${css.slice(0, block.index).split("\n").length}`;
      if (!property.startsWith("-")) use(`css.properties.${property}`, where);
      if (property === "content" && /"\s*\/\s*"/.test(value) && !before.has(property)) found.set(`content in ${where}`, [["a browser that knows no alternative text shows nothing: give the plain line before it"], where]);
      const unit = /\d(d|s|l)v[hw]\b/.exec(value);
      if (unit && !before.has(property)) found.set(`${unit[0]} in ${where}`, [["give the value in vh before it"], where]);
      before.set(property, value);
    }
  }
  for (const [name, feature] of [[":has(", "has"], [":is(", "is"], [":where(", "where"], [":focus-visible", "focus-visible"], [":modal", "modal"]]) {
    if (css.includes(name)) use(`css.selectors.${feature}`, file);
  }
}

const options = ts.parseJsonConfigFileContent(JSON.parse(readFileSync("jsconfig.json", "utf8")), ts.sys, ".");
const program = ts.createProgram(options.fileNames, options.options);
for (const source of program.getSourceFiles()) {
  if (!options.fileNames.includes(source.fileName) && !/static[\\/].*\.js$/.test(source.fileName)) continue;
  if (/node_modules/.test(source.fileName)) continue;
  if (source.fileName.endsWith("static/live/old.js")) checkOldScript(source);
  else walk(program.getTypeChecker(), source);
}
filesOf("static", ".css").forEach(checkStyles);

const unexpected = [...found].filter(([feature]) => !(feature in later));
for (const [feature, [missing, where]] of unexpected) console.error(`${where}: ${feature} needs ${missing.join(", ")}`);
const unused = Object.keys(later).filter((feature) => !found.has(feature));
for (const feature of unused) console.error(`tools/floor.json: ${feature} is no longer used, or no longer newer than the floor`);
for (const readme of ["README.md", "README.ja.md"]) {
  const text = readFileSync(readme, "utf8");
  for (const engine of ["chrome", "firefox", "safari"]) {
    const promised = new RegExp(`${engine} ${engines[engine]}\\b`, "i");
    if (!promised.test(text)) unexpected.push(engine), console.error(`${readme}: does not name ${engine} ${engines[engine]}, the floor of tools/floor.json`);
  }
}
process.exit(unexpected.length || unused.length ? 1 : 0);
