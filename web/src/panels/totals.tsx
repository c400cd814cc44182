// What an answer adds up to: counts and areas in groups, what documents state in numbers, and what
// is in no sum.

import { signal } from '@preact/signals';
import type { StyleSpecification } from 'maplibre-gl';
import type { ComponentChildren } from 'preact';
import { hectaresOnly, muOnly, plain, quantity } from '../format';
import { quantityName, statusWord, titleOf, type Word } from '../i18n';
import { landUseOf, statusMark, UNSTATED } from '../map/style';
import type { GrandTotals, LeftOut, StatedSum, Totals } from '../model';
import { lang, t } from '../state';
import { CertaintyMark, LandUseMark, StatusMark } from './marks';
import { kindTitle } from './parts';

/** What the counted features are sorted by. */
const GROUPINGS = ['statuses', 'kinds', 'land_uses'] as const;
type Grouping = (typeof GROUPINGS)[number];
const chosen = signal<Grouping>('statuses');

const GROUPING_WORDS = {
  statuses: 'filter.status',
  kinds: 'filter.kind',
  land_uses: 'colours.land_use',
} as const;

/** What stands for “nothing states one” among statuses and categories of land use. */
const NOT_STATED = 'none';

interface Group {
  id: string;
  title: string;
  count: number;
  area_m2: number;
  quantities: StatedSum[];
  mark: ComponentChildren;
  /** How the bar shows it; null: kinds have no colours. */
  bar: { fill: string; line: string; hollow: boolean } | null;
}

export function CollectionTotals(props: {
  collection: string;
  totals: Totals;
  style: StyleSpecification | null;
}) {
  const { totals } = props;
  // Where nothing is counted, the lists below say what may be there.
  if (totals.count === 0) return null;
  const offered = GROUPINGS.filter((grouping) => isTelling(totals, grouping));
  const grouping = offered.includes(chosen.value) ? chosen.value : 'statuses';
  const groups = groupsOf(props.collection, totals, grouping, props.style);
  return (
    <div class="summary">
      <Counts totals={totals} />
      {offered.length > 1 && (
        <div class="grouping">
          {t('query.grouped')}
          <span class="segments">
            {offered.map((choice) => (
              <button
                key={choice}
                type="button"
                data-grouping={choice}
                aria-pressed={grouping === choice}
                onClick={() => {
                  chosen.value = choice;
                }}
              >
                {t(GROUPING_WORDS[choice])}
              </button>
            ))}
          </span>
        </div>
      )}
      <Bar groups={groups} />
      {totals.area_m2 > 0 ? (
        <GroupTable groups={groups} totals={totals} heading={t(GROUPING_WORDS[grouping])} />
      ) : (
        <ul class="tallies" aria-label={t(GROUPING_WORDS[grouping])}>
          {groups.map(({ id, title, count, mark }) => (
            <li key={id} data-group={id}>
              {mark}
              {title} <b>{count}</b>
            </li>
          ))}
        </ul>
      )}
      <Quantities sums={totals.quantities} groups={groups} />
      <Remainder left={totals.left_out} />
    </div>
  );
}

/** Over all collections: only counts and ground add up. */
export function AllTotals({ totals }: { totals: GrandTotals }) {
  if (totals.count === 0) return null;
  return (
    <div class="all-totals">
      <p>
        {t('query.all', { n: totals.count })}
        {totals.covered_m2 ? (
          <>
            {' · '}
            {t('query.covered', {
              ha: hectaresOnly(totals.covered_m2, lang.value),
              mu: muOnly(totals.covered_m2, lang.value),
            })}
          </>
        ) : null}
      </p>
      <p class="fine">{t('query.all.note')}</p>
    </div>
  );
}

function Counts({ totals }: { totals: Totals }) {
  return (
    <p class="summary-certainty">
      {(['certain', 'possible'] as const).map((certainty) => (
        <span key={certainty} title={t(`query.${certainty}.note`)}>
          <CertaintyMark certainty={certainty} />
          {t(`query.${certainty}`)} <b>{totals[certainty]}</b>
        </span>
      ))}
    </p>
  );
}

/** Groups that tell something apart; statuses stand for the rest. */
function isTelling(totals: Totals, grouping: Grouping): boolean {
  if (grouping === 'statuses') return true;
  const groups = totals[grouping];
  return grouping === 'kinds' ? groups.length > 1 : groups.some(({ id }) => id !== NOT_STATED);
}

function groupsOf(
  collection: string,
  totals: Totals,
  grouping: Grouping,
  style: StyleSpecification | null,
): Group[] {
  return totals[grouping].map((group) => {
    const { id } = group;
    if (grouping === 'kinds') {
      return { ...group, title: kindTitle(collection, id), mark: null, bar: null };
    }
    const stated = id === NOT_STATED ? null : id;
    if (grouping === 'statuses') {
      return {
        ...group,
        title: statusWord(lang.value, stated),
        mark: <StatusMark style={style} status={stated} />,
        bar: style && statusMark(style, stated),
      };
    }
    const use = style && stated ? landUseOf(style, stated) : null;
    const fill = use?.colour ?? UNSTATED;
    const name = use?.code === id ? titleOf(lang.value, use) : '';
    return {
      ...group,
      title: stated ? `${id} ${name}`.trim() : t('colours.unstated'),
      mark: <LandUseMark colour={fill} />,
      bar: { fill, line: fill, hollow: false },
    };
  });
}

function Bar({ groups }: { groups: Group[] }) {
  if (groups.some(({ bar }) => bar === null)) return null;
  return (
    <div class="bar-chart" aria-hidden="true">
      {groups.map(({ id, title, count, bar }) => (
        <span
          key={id}
          class={bar?.hollow ? 'is-hollow' : ''}
          style={{ flexGrow: count, '--fill': bar?.fill, '--line': bar?.line }}
          title={`${title} ${count}`}
        />
      ))}
    </div>
  );
}

function GroupTable(props: { groups: Group[]; totals: Totals; heading: string }) {
  const { groups, totals, heading } = props;
  const areas = (m2: number) =>
    m2 > 0 ? (
      <>
        <td>{hectaresOnly(m2, lang.value)}</td>
        <td>{muOnly(m2, lang.value)}</td>
      </>
    ) : (
      <>
        <td class="is-none">–</td>
        <td class="is-none">–</td>
      </>
    );
  const { area_m2, covered_m2 } = totals;
  const isDoubled = covered_m2 !== null && area_m2 - covered_m2 > DOUBLED_M2;
  return (
    <>
      <table class="groups">
        <thead>
          <tr>
            <th scope="col">{heading}</th>
            <th scope="col">{t('query.features')}</th>
            <th scope="col">{t('unit.ha')}</th>
            <th scope="col">{t('unit.mu')}</th>
          </tr>
        </thead>
        <tbody>
          {groups.map((group) => (
            <tr key={group.id} data-group={group.id}>
              <th scope="row">
                {group.mark}
                {group.title}
              </th>
              <td>{group.count}</td>
              {areas(group.area_m2)}
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr data-group="all">
            <th scope="row">{t('query.sum')}</th>
            <td>{totals.count}</td>
            {areas(area_m2)}
          </tr>
          {isDoubled && (
            <tr data-group="covered">
              <th scope="row" colSpan={2}>
                {t('query.ground')}
              </th>
              {areas(covered_m2)}
            </tr>
          )}
        </tfoot>
      </table>
      {covered_m2 === null && <p class="fine">{t('query.ground.none')}</p>}
    </>
  );
}

/** Features that share less ground than this, m², only touch each other. */
const DOUBLED_M2 = 1;

function Quantities({ sums, groups }: { sums: StatedSum[]; groups: Group[] }) {
  if (sums.length === 0) return null;
  return (
    <details class="fold is-inner" data-fold="quantities">
      <summary>
        {t('query.quantities')}
        <span class="count">{sums.length}</span>
      </summary>
      <dl class="quantities">
        {sums.map((sum) => (
          <QuantityRow key={keyOf(sum)} sum={sum} groups={groups} />
        ))}
      </dl>
      <p class="fine">{t('query.quantities.note')}</p>
    </details>
  );
}

function QuantityRow({ sum, groups }: { sum: StatedSum; groups: Group[] }) {
  const parts = groups.flatMap((group) => {
    const part = group.quantities.find((other) => keyOf(other) === keyOf(sum));
    return part ? [{ id: group.id, title: group.title, part }] : [];
  });
  return (
    <div data-quantity={sum.attribute} data-sum={sum.sum ?? ''}>
      <dt>
        {quantityName(lang.value, sum.attribute)}
        {sum.modality && <span class="tag">{t(`modality.${sum.modality}`)}</span>}
      </dt>
      <dd>
        <b>{sum.sum === null ? t('query.no_sum') : quantity(sum.sum, sum.unit, lang.value)}</b>
        <small>
          {t('query.stating', { n: sum.features })}
          {sum.partly_inside > 0 && t('query.stating.partly', { n: sum.partly_inside })}
          {sum.qualified > 0 && t('query.stating.qualified', { n: sum.qualified })}
        </small>
        {parts.length > 1 && (
          <small class="quantity-parts">
            {t('query.of_which')}
            {parts
              .map(({ title, part }) =>
                part.sum === null
                  ? `${title} ${t('query.stating', { n: part.features })}`
                  : `${title} ${plain(part.sum, lang.value)}`,
              )
              .join(lang.value === 'zh' ? '、' : ', ')}
          </small>
        )}
      </dd>
    </div>
  );
}

/** Amounts in other units, or of other modalities, stand apart. */
function keyOf({ attribute, unit, modality }: StatedSum): string {
  return `${attribute} ${unit} ${modality}`;
}

const LEFT_OUT: Record<keyof LeftOut, Word> = {
  borderline: 'query.left_out.borderline',
  unlocated: 'query.left_out.unlocated',
  container: 'query.left_out.container',
  no_polygon: 'query.left_out.no_polygon',
  earlier_statements: 'query.left_out.earlier_statements',
  parts_of_counted: 'query.left_out.parts_of_counted',
};

/** What is in no sum, or in no area. */
function Remainder({ left }: { left: LeftOut }) {
  const names = Object.keys(LEFT_OUT) as (keyof LeftOut)[];
  const some = names.filter((name) => left[name] > 0);
  if (some.length === 0) return null;
  return (
    <details class="fold is-inner" data-fold="left-out">
      <summary>{t('query.left_out')}</summary>
      <ul class="left-out">
        {some.map((name) => (
          <li key={name} data-left-out={name}>
            {t(LEFT_OUT[name], { n: left[name] })}
          </li>
        ))}
      </ul>
    </details>
  );
}
