/** Type-checks all examples in one program, by the project's own settings. */
import { join } from 'node:path'
import ts from 'typescript'
import type { Block, Finding } from './block.ts'
import type { Placed } from './workplace.ts'

function settingsOf(root: string): ts.CompilerOptions {
  const file = join(root, 'tsconfig.json')
  const { config, error } = ts.readConfigFile(file, ts.sys.readFile)
  if (error !== undefined) throw new Error(ts.flattenDiagnosticMessageText(error.messageText, '\n'))
  const { options } = ts.parseJsonConfigFileContent(
    config,
    { ...ts.sys, readDirectory: () => [] },
    root,
    undefined,
    file,
  )
  return {
    ...options,
    noEmit: true,
    // An example without an import is a module all the same: it may await, and its names are its own.
    moduleDetection: ts.ModuleDetectionKind.Force,
    paths: { tallyman: [join(root, 'src', 'index.ts')] },
  }
}

function findingOf({ path, line }: Block, diagnostic: ts.Diagnostic): Finding {
  const { file, start = 0 } = diagnostic
  const offset = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start).line
  const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n  ')
  return { path, line: line + offset, message: `TS${diagnostic.code}: ${text}` }
}

/** What the compiler says of the examples and jobs; nothing for those that are right. */
export function typeCheck(root: string, placed: readonly Placed[]): Map<Placed, Finding[]> {
  const program = ts.createProgram(
    placed.map(({ file }) => file),
    settingsOf(root),
  )
  const wrong = new Map<Placed, Finding[]>()
  for (const one of placed) {
    const source = program.getSourceFile(one.file)
    if (source === undefined) throw new Error(`The compiler did not read ${one.file}.`)
    const diagnostics = [
      ...program.getSyntacticDiagnostics(source),
      ...program.getSemanticDiagnostics(source),
    ]
    if (diagnostics.length === 0) continue
    wrong.set(
      one,
      diagnostics.map((diagnostic) => findingOf(one.block, diagnostic)),
    )
  }
  return wrong
}

function syntaxErrorsOf(code: string): readonly ts.Diagnostic[] {
  return ts.transpileModule(code, { reportDiagnostics: true, fileName: 'fragment.ts' }).diagnostics ?? []
}

/** What is wrong with the syntax of a fragment: it is a row of statements, or of properties out of an object. */
export function parseFragment(block: Block): Finding[] {
  const errors = syntaxErrorsOf(block.code)
  if (errors.length === 0 || syntaxErrorsOf(`({ ${block.code}\n})`).length === 0) return []
  return errors.map((error) => findingOf(block, error))
}
