// The plan's table of indicators, as pictures: where each stood, where it is to go, and whether it
// binds.

import { number } from '../format';
import type { Indicator, Indicators as Table } from '../model';
import { indicators, lang, read, t } from '../state';
import { Icon } from './icons';
import { Failure, Skeleton } from './parts';

/** The document's own word for an indicator that binds. */
const BINDING = '约束性';

export function IndicatorPanel() {
  const load = indicators.load.value;
  return (
    <div class="indicators" data-state={load?.state}>
      {load?.state === 'loading' && <Skeleton lines={12} />}
      {load?.state === 'failed' &&
        (load.problem.status === 404 ? (
          <p class="empty">{t('indicators.none')}</p>
        ) : (
          <Failure problem={load.problem} retry={indicators.reload} />
        ))}
      {load?.state === 'ready' && <Groups table={load.value} />}
    </div>
  );
}

function Groups({ table }: { table: Table }) {
  const { rows, columns } = table;
  const groups = [...new Set(rows.map(({ group }) => group))];
  const binding = rows.filter(({ nature }) => nature === BINDING).length;
  return (
    <>
      <header class="panel-head">
        <h2 lang="zh-CN">{table.title.text}</h2>
        <p class="fine">
          {t('indicators.count', { n: rows.length, binding })}
          {' · '}
          {t('indicators.columns', { base: columns.base.text, target: columns.target.text })}
        </p>
      </header>
      {groups.map((group) => {
        const own = rows.filter((row) => row.group === group);
        return (
          <section key={group} class="indicator-group">
            <h3 class="block-title">{lang.value === 'zh' ? group : own[0]?.group_en}</h3>
            <ol>
              {own.map((row) => (
                <Row key={row.number} row={row} />
              ))}
            </ol>
          </section>
        );
      })}
      <p class="fine indicator-note" lang="zh-CN">
        {table.note.text}
      </p>
    </>
  );
}

function Row({ row }: { row: Indicator }) {
  const binding = row.nature === BINDING;
  const { document, start } = row.citation;
  return (
    <li class="indicator" data-indicator={row.number}>
      <p class="indicator-name">
        <span class="indicator-number">{row.number}</span>
        <span>{lang.value === 'zh' ? row.name : row.name_en}</span>
        <span class={`nature ${binding ? 'is-binding' : ''}`}>
          {t(binding ? 'indicators.binding' : 'indicators.expected')}
        </span>
      </p>
      <Picture row={row} />
      <button
        type="button"
        class="icon-button indicator-source"
        aria-label={t('quote.open')}
        title={t('quote.open')}
        onClick={() => read({ document, at: start })}
      >
        <Icon name="document" />
      </button>
    </li>
  );
}

/** A line from nought, with where it stood and where it is to go; words where the table has words. */
function Picture({ row }: { row: Indicator }) {
  const { base, target, unit } = row;
  const most = Math.max(base.value ?? 0, target.value ?? 0);
  const both = base.value !== null && target.value !== null && most > 0;
  const at = (value: number) => `${(value / most) * 100}%`;
  return (
    <div class="picture">
      {both && (
        <div class="picture-line" aria-hidden="true">
          <i class="picture-base" style={{ width: at(base.value as number) }} />
          <i class="picture-target" style={{ left: at(target.value as number) }} />
        </div>
      )}
      <p class="picture-words">
        <Figure year={base.year} stated={base} unit={unit} />
        <span class="picture-arrow" aria-hidden="true">
          →
        </span>
        <Figure year={target.year} stated={target} unit={unit} strong />
      </p>
    </div>
  );
}

function Figure(props: {
  year: number;
  stated: Indicator['base'];
  unit: string;
  strong?: boolean;
}) {
  const { value, text, cumulative } = props.stated;
  const blank = value === null && /^\[?\s*[-—–]\s*\]?$/.test(text);
  return (
    <span class={`figure ${props.strong ? 'is-target' : ''}`}>
      <small>{props.year}</small>{' '}
      {value !== null ? (
        <>
          <b>{number(value, lang.value, decimals(value))}</b>
          <span lang="zh-CN">{props.unit}</span>
        </>
      ) : (
        <span class="figure-words" lang="zh-CN">
          {blank ? t('indicators.unstated') : text}
        </span>
      )}
      {cumulative && value !== null && <small> {t('indicators.bracket')}</small>}
    </span>
  );
}

/** As many as the table gives. */
function decimals(value: number): number {
  return String(value).split('.')[1]?.length ?? 0;
}
