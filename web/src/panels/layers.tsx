// Layers on and off, and what their marks mean.

import type { StyleSpecification } from 'maplibre-gl';
import type { ComponentChildren } from 'preact';
import { statusWord, titleOf } from '../i18n';
import {
  BASE_MAP,
  baseGroups,
  groupsOf,
  type LandUse,
  landUses,
  statusMark,
  UNSTATED,
} from '../map/style';
import type { Collection } from '../model';
import { STATUSES } from '../model';
import { collections, colours, lang, navigate, t, view } from '../state';
import { COLOURS } from '../view';
import { LandUseMark, LineMark, PlainMark, StatusMark } from './marks';
import { Section } from './parts';

export function Layers({ style }: { style: StyleSpecification }) {
  const groups = groupsOf(style);
  const base = baseGroups(style);
  const listed = collections.value.filter(({ id, count }) => groups.includes(id) && count > 0);
  return (
    <Section title={t('layers.title')} class="layers">
      <ul class="layer-list">
        {listed
          .filter(({ id }) => !base.includes(id))
          .map((collection) => (
            <LayerRow key={collection.id} style={style} collection={collection} />
          ))}
      </ul>
      <ColourLegend style={style} />
      <h4 class="layer-sub">{t('layers.base')}</h4>
      <ul class="layer-list is-base">
        {listed
          .filter(({ id }) => base.includes(id))
          .map((collection) => (
            <LayerRow key={collection.id} style={style} collection={collection} />
          ))}
        {groups.includes(BASE_MAP) && <BaseMapRow />}
      </ul>
    </Section>
  );
}

function LayerRow({ style, collection }: { style: StyleSpecification; collection: Collection }) {
  const { id, count, located } = collection;
  const on = view.value.layers?.includes(id) ?? false;
  return (
    <li class={on ? 'is-on' : ''}>
      <Switch
        id={id}
        name={titleOf(lang.value, collection)}
        mark={<LayerMark style={style} id={id} />}
      >
        <span class="count" title={t('layers.count', { n: count, located })}>
          {located < count && <small>{t('layers.located', { located })}</small>}
          {count}
        </span>
      </Switch>
      {on && id === 'parcels' && (
        <ul class="legend">
          <li>
            <PlainMark shape="square" />
            {t('legend.parcel.surveyed')}
          </li>
          <li>
            <PlainMark shape="square" dashed />
            {t('legend.parcel.other')}
          </li>
          <li>
            <PlainMark shape="diamond" />
            {t('legend.parcel.point')}
          </li>
        </ul>
      )}
      {on && id === 'zones' && (
        <ul class="legend">
          {(['street', 'via', 'bridge'] as const).map((kind) => (
            <li key={kind}>
              <LineMark style={style} layer={`zones-side-${kind}`} />
              {t(`legend.side.${kind}`)}
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}

/** Shows and hides a group of layers. */
function Switch(props: {
  id: string;
  name: string;
  mark: ComponentChildren;
  children?: ComponentChildren;
}) {
  const { id, name } = props;
  const layers = view.value.layers ?? [];
  const on = layers.includes(id);
  const toggle = () => {
    navigate({ layers: on ? layers.filter((layer) => layer !== id) : [...layers, id] });
  };
  return (
    <label class="layer">
      <input
        type="checkbox"
        role="switch"
        checked={on}
        aria-checked={on}
        data-layer={id}
        aria-label={t('layers.show', { name })}
        onChange={toggle}
      />
      <span class="switch" aria-hidden="true" />
      <span class="layer-mark">{props.mark}</span>
      <span class="layer-name">{name}</span>
      {props.children}
    </label>
  );
}

/** The operator's base map, below everything. */
function BaseMapRow() {
  const on = view.value.layers?.includes(BASE_MAP) ?? false;
  return (
    <li class={on ? 'is-on' : ''}>
      <Switch id={BASE_MAP} name={t('layers.base-map')} mark={<Sheets />} />
    </li>
  );
}

/** A map folded in four. */
function Sheets() {
  return (
    <svg class="mark" viewBox="0 0 14 14" aria-hidden="true">
      <path
        d="M1 2.5H13V11.5H1ZM7 2.5V11.5M1 7H13"
        fill="#ffffff"
        stroke="#77716a"
        stroke-width="1.2"
      />
    </svg>
  );
}

/** One mark for a layer, as the style draws it. */
function LayerMark({ style, id }: { style: StyleSpecification; id: string }) {
  const layer = style.layers.find(
    (candidate) => 'source-layer' in candidate && candidate['source-layer'] === id,
  );
  const marks = style.layers.filter(
    (candidate) => 'source-layer' in candidate && candidate['source-layer'] === id,
  );
  if (!layer) return null;
  const paint = (type: string) =>
    (marks.find((mark) => mark.type === type)?.paint ?? {}) as Record<string, unknown>;
  switch (id) {
    case 'zones':
      return <Swatch fill={plain(paint('fill')['fill-color'])} box />;
    case 'parcels':
      return <PlainMark shape="diamond" />;
    case 'projects':
      return <PlainMark />;
    case 'heritage':
      return (
        <svg class="mark" viewBox="0 0 14 14" aria-hidden="true">
          <path d="M7 2l5.5 10h-11z" fill={plain(paint('symbol')['text-color'])} />
        </svg>
      );
    case 'district':
      return <LineMark style={style} layer="district-line" />;
    case 'streets':
      return (
        <svg class="line-mark" viewBox="0 0 30 8" aria-hidden="true">
          <path d="M1 4H29" stroke="#c9c2b3" stroke-width="6" />
          <path d="M1 4H29" stroke="#ffffff" stroke-width="4" />
        </svg>
      );
    case 'water':
      return <Swatch fill={lineColour(paint('line'))} />;
    case 'transit':
      return (
        <svg class="mark" viewBox="0 0 14 14" aria-hidden="true">
          <circle
            cx="7"
            cy="7"
            r="4"
            fill="#ffffff"
            stroke={plain(paint('circle')['circle-stroke-color'])}
            stroke-width="2"
          />
        </svg>
      );
    default:
      return (
        <svg class="mark" viewBox="0 0 14 14" aria-hidden="true">
          <circle cx="7" cy="7" r="4" fill={plain(paint('circle')['circle-color'])} />
        </svg>
      );
  }
}

function Swatch({ fill, box }: { fill: string; box?: boolean }) {
  return (
    <svg class="mark" viewBox="0 0 14 14" aria-hidden="true">
      <rect
        x="1"
        y="2.5"
        width="12"
        height="9"
        rx="1"
        fill={fill}
        fill-opacity={box ? 0.15 : 1}
        stroke={fill}
        stroke-width={box ? 1.8 : 0}
      />
    </svg>
  );
}

/** The resting colour of a paint value: of `["case", hover, a, b]` it is the last. */
function plain(value: unknown): string {
  const last = Array.isArray(value) && value[0] === 'case' ? value.at(-1) : value;
  return typeof last === 'string' ? last : '#888888';
}

function lineColour(paint: Record<string, unknown>): string {
  return plain(paint['line-color']);
}

/** What the colours of projects and parcels mean, and which meaning they are to have. */
function ColourLegend({ style }: { style: StyleSpecification }) {
  const layers = view.value.layers ?? [];
  if (!layers.includes('projects') && !layers.includes('parcels')) return null;
  const uses = landUses(style);
  return (
    <div class="status-legend">
      <h4 class="layer-sub">
        {uses.length > 0 ? t('colours.title') : t('legend.status')}
        {uses.length > 0 && (
          <span class="segments">
            {COLOURS.map((choice) => (
              <button
                key={choice}
                type="button"
                data-colours={choice}
                aria-pressed={colours.value === choice}
                onClick={() => navigate({ colours: choice })}
              >
                {t(`colours.${choice}`)}
              </button>
            ))}
          </span>
        )}
        {colours.value === 'status' && <span class="block-note">{t('legend.intended')}</span>}
      </h4>
      <ul class="legend is-grid">
        {colours.value === 'status' ? <StatusKeys style={style} /> : <LandUseKeys uses={uses} />}
        <li class="is-wide">
          <svg class="mark" viewBox="0 0 14 14" aria-hidden="true">
            <circle
              cx="7"
              cy="7"
              r="5.6"
              fill="#77716a22"
              stroke="#77716a"
              stroke-width="1.2"
              stroke-dasharray="2 1.6"
            />
          </svg>
          {t('legend.accuracy')}
        </li>
      </ul>
      {colours.value === 'land_use' && <p class="fine">{t('colours.note')}</p>}
    </div>
  );
}

function StatusKeys({ style }: { style: StyleSpecification }) {
  return (
    <>
      {[...STATUSES, null].map((status) => (
        <li key={status} data-hollow={statusMark(style, status).hollow}>
          <StatusMark style={style} status={status} />
          {statusWord(lang.value, status)}
        </li>
      ))}
    </>
  );
}

function LandUseKeys({ uses }: { uses: LandUse[] }) {
  return (
    <>
      {uses.map((use) => (
        <li key={use.code} class="is-wide" data-land-use={use.code}>
          <LandUseMark colour={use.colour} />
          {use.code} {titleOf(lang.value, use)}
        </li>
      ))}
      <li class="is-wide">
        <LandUseMark colour={UNSTATED} />
        {t('colours.unstated')}
      </li>
    </>
  );
}
