import { createHash } from 'node:crypto'
import type { JobDescription } from '../../job/index.ts'
import { countOf, showBytes, showCount, showDuration } from '../../quantities.ts'
import { describedTables, planCharts, type RefusedChart } from '../chart/draw-charts.ts'
import type { Drawing } from '../chart/drawing.ts'
import { sayNotDrawn } from '../chart/refused-chart.ts'
import { renderInline } from '../chart/render.ts'
import { sayShortfalls } from '../chart/shortfalls.ts'
import type { Manifest } from '../manifest.ts'
import { openResult } from '../open-result.ts'
import { data, type Html, html } from './html.ts'
import { pageScript, pageStyle, paperRows } from './page-style.ts'
import { repeatCommand, sayAgain } from './repeat-command.ts'
import { onPaper, tableSection } from './table-section.ts'

/** What only the run's own directory knows; null where it is not there any more. */
export interface RunFacts {
  /** The job's source and where it is from. */
  readonly code: { readonly text: string; readonly from: string } | null
  /** From its beginning to its result. */
  readonly elapsedMs: number | null
  /** The first rejected records. */
  readonly rejected: readonly { readonly place: string; readonly reason: string; readonly excerpt: string }[]
}

/** A report, and the charts that it says of why they are not drawn. */
export interface Report {
  readonly page: string
  readonly refused: readonly RefusedChart[]
}

/**
 * A report of a result: one HTML file that needs nothing else. Charts are those of the job; without the packages that
 * pictures take the report says so and has its tables.
 *
 * @param look what says how the result is looked at, where it is not the job as it was run
 * @throws {TallymanError} as `openResult` and its tables do
 */
export async function makeReport(
  directory: string,
  facts: RunFacts,
  look: JobDescription | null = null,
): Promise<Report> {
  const { manifest, tables } = openResult(directory)
  const description = look ?? manifest.job.description
  const charts = description.charts ?? []
  const described = describedTables(manifest, look?.tables)
  const planned = await planCharts(directory, charts, { tables: described, isNewer: look !== null })
  const drawings = planned.filter((one): one is Drawing => !('refused' in one))
  const sections: Html[] = []
  for (const { name } of manifest.tables) {
    const table = tables[name]
    if (table !== undefined)
      sections.push(
        await tableSection(
          table,
          described.find((one) => one.name === name),
        ),
      )
  }
  const lines = [...sections.map((section) => section.html), facts.code?.text ?? ''].join('\n').split('\n')
  const pictures = await renderInline(drawings, lines)
  const svgs = new Map(drawings.map((drawing, index) => [drawing, pictures.svgs[index]]))
  const figures = planned.map((one) => ('refused' in one ? refusal(one) : figure(svgs.get(one) ?? '', one)))
  const name =
    description.name ??
    manifest.job.path.slice(manifest.job.path.lastIndexOf('/') + 1).replace(/(\.job)?\.[cm]?[jt]s$/, '')
  const scriptHash = createHash('sha256').update(pageScript).digest('base64')
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; font-src data:; script-src 'sha256-${{ html: scriptHash }}'">
<title>${name}: report</title><style>${{ html: pageStyle }}${{ html: pictures.fontFaces }}${{ html: textRule(pictures.textFamily) }}</style></head>
<body><main>
<h1>${data(name)}</h1>
<p>${data(description.description ?? 'The job says nothing of itself.')}</p>
${look === null ? null : html`<p class="faint">Charts, names of columns and this description are newer than the result. What was run is below, as it was run.</p>`}
${completeness(manifest)}
<h2 id="answer">Answer</h2>
${pictures.lacking === null ? figures : [html`<p class="faint">No charts: ${pictures.lacking}</p>`]}
${manifest.tables.some(({ rows }) => rows > paperRows) ? html`<p class="screen"><label><input type="checkbox" id="all-rows"> print all rows of the tables, not only the first ${paperRows}</label></p>` : null}
${sections}
${method(manifest, facts)}
${inputsSection(manifest)}
${rejectedSection(manifest, facts)}
${costSection(manifest, facts)}
<h2 id="repeat">Again</h2>
<p>${sayAgain(manifest)}</p>
<pre><code>${data(repeatCommand(manifest), Number.POSITIVE_INFINITY)}</code></pre>
<p>The digest over all tables: <code>${manifest.digest}</code></p>
</main><script>${{ html: pageScript }}</script></body></html>
`.html
  return { page, refused: planned.filter((one) => 'refused' in one) }
}

function textRule(family: string): string {
  if (family === '') return ''
  return `body { font-family: system-ui, sans-serif, ${family}; } code { font-family: ui-monospace, monospace, ${family}; }`
}

function refusal(chart: RefusedChart): Html {
  return html`<div class="warn"><p>${data(sayNotDrawn(chart).join(' '))}</p></div>`
}

function figure(svg: string, drawing: Drawing): Html {
  return html`<figure role="img" aria-label="${drawing.title}">${{ html: svg }}</figure>`
}

function completeness(manifest: Manifest): Html {
  const lacking = sayShortfalls(manifest)
  if (lacking.length === 0)
    return html`<p class="fine">Complete: ${countOf(manifest.inputs.length, 'file')} read to ${manifest.inputs.length === 1 ? 'its end' : 'their ends'}, ${countOf(manifest.records, 'record')}, none rejected.</p>`
  return html`<div class="warn">${lacking.map((sentence) => html`<p>${data(sentence)}</p>`)}</div>`
}

function method({ job }: Manifest, { code }: RunFacts): Html {
  const { input, tables, params } = job.description
  const rows = params.map(
    ({ name, description }) =>
      html`<dt><code>${name}</code></dt><dd><code>${data(JSON.stringify(job.params[name]) ?? 'not given')}</code> ${data(description ?? '')}</dd>`,
  )
  const source =
    code === null
      ? html`<p class="faint">The code is not here: the run's directory is gone. SHA-256 of the bundled job: <code>${job.codeSha256}</code></p>`
      : html`<p class="faint">${data(code.from)}; SHA-256 of the bundle <code>${job.codeSha256}</code></p><pre tabindex="0"><code>${code.text}</code></pre>`
  return html`<h2 id="method">Method</h2>
<p>Each ${input.unit === 'line' ? 'line' : 'file'} of the input, read as ${input.name}, is mapped; what is emitted is reduced by key: ${tables.map(({ name, kind }) => `${name} by ${kind}`).join(', ')}.</p>
${params.length === 0 ? null : html`<h3>Parameters</h3><dl>${rows}</dl>`}
<h3>Code</h3>
${source}`
}

function inputsSection({
  inputs,
  completeness: { series, accepted, notes },
  bytes,
  readBytes,
}: Manifest): Html {
  const rows = inputs.map(
    (one) =>
      html`<tr><td>${data(one.path)}</td><td class="n" data-n="${one.sizeBytes}">${showBytes(one.sizeBytes)}</td><td class="n" data-n="${one.records}">${showCount(one.records)}</td><td class="n" data-n="${one.rejected}">${showCount(one.rejected)}</td></tr>`,
  )
  const span =
    series === null
      ? null
      : html`<p>A series of days, <code>${data(series.pattern)}</code>, ${series.from} to ${series.to}; ${series.missing.length === 0 ? 'no day is missing' : `missing: ${series.missing.join(', ')}`}.</p>`
  return html`<h2 id="inputs">Inputs</h2>
<p>${countOf(inputs.length, 'file')}, ${showBytes(readBytes)} on disk, ${showBytes(bytes)} after decompression.</p>
${span}
${accepted.map(({ message }) => html`<p>Without: ${data(message)}</p>`)}
${notes.map((note) => html`<p>${data(note)}</p>`)}
<details><summary>All files</summary>${onPaper(inputs.length)}<div class="scroll" tabindex="0" role="region" aria-label="Files"><table class="sortable"><thead><tr><th scope="col">file</th><th class="n" scope="col">size</th><th class="n" scope="col">records</th><th class="n" scope="col">rejected</th></tr></thead><tbody>
${rows}
</tbody></table></div></details>`
}

function rejectedSection({ rejected, counters }: Manifest, facts: RunFacts): Html {
  const listed = facts.rejected.map(
    ({ place, reason, excerpt }) =>
      html`<tr><td>${data(place)}</td><td>${data(reason)}</td><td><code>${data(excerpt)}</code></td></tr>`,
  )
  const counts = Object.entries(counters).map(
    ([name, count]) => html`<dt>${data(name)}</dt><dd>${showCount(count)}</dd>`,
  )
  const list =
    listed.length === 0
      ? null
      : html`${onPaper(listed.length)}<div class="scroll" tabindex="0" role="region" aria-label="Rejected records"><table><thead><tr><th scope="col">where</th><th scope="col">why</th><th scope="col">record</th></tr></thead><tbody>${listed}</tbody></table></div>`
  return html`<h2 id="rejected">Rejected records</h2>
<p>${rejected === 0 ? 'None.' : `${countOf(rejected, 'record')}${listed.length < rejected && listed.length > 0 ? `, the first ${listed.length} of them` : ''}:`}</p>
${list}
${counts.length === 0 ? null : html`<h3>Counters</h3><dl>${counts}</dl>`}`
}

function costSection({ run, versions, bytes, records }: Manifest, { elapsedMs }: RunFacts): Html {
  const time =
    elapsedMs === null
      ? null
      : html`<dt>time</dt><dd>${showDuration(elapsedMs)}, ${showBytes((bytes / Math.max(1, elapsedMs)) * 1000)}/s, from beginning to result, pauses and all</dd>`
  return html`<h2 id="cost">Cost and versions</h2>
<dl><dt>run</dt><dd>${run.id}, ended ${new Date(run.createdAt).toISOString().slice(0, 19).replace('T', ' ')} UTC</dd>
${time}
<dt>workers</dt><dd>${countOf(run.workers, run.isolation, run.isolation === 'process' ? 'processes' : `${run.isolation}s`)}; ${countOf(run.mapTasks, 'map task')}, ${countOf(run.partitions, 'partition')}</dd>
<dt>records</dt><dd>${showCount(records)}</dd>
<dt>versions</dt><dd>tallyman ${versions.tallyman}, node ${versions.node}</dd></dl>`
}
