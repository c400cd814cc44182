// Small drawings of how the map shows things, made from the map style itself.

import type { StyleSpecification } from 'maplibre-gl';
import { statusWord } from '../i18n';
import { SIDE_COLOURS } from '../map/boundaries';
import { lineLook, statusMark } from '../map/style';
import type { Certainty, Direction } from '../model';
import { lang, t } from '../state';

type MarkShape = 'circle' | 'diamond' | 'square';

/** The symbol of a status: round for projects, a diamond for parcels. */
export function StatusMark(props: {
  style: StyleSpecification | null;
  status: string | null | undefined;
  shape?: MarkShape;
  dashed?: boolean;
}) {
  if (!props.style) return <span class="mark" />;
  const { fill, line, hollow } = statusMark(props.style, props.status);
  const paint = hollow
    ? { fill: '#ffffff', stroke: line, 'stroke-width': 2 }
    : { fill, stroke: EDGES[props.status ?? ''] ?? fill, 'stroke-width': 1 };
  return <Mark {...props} paint={paint} />;
}

/** The shape alone, where any status is meant. */
export function PlainMark(props: { shape?: MarkShape; dashed?: boolean }) {
  return <Mark {...props} paint={{ fill: NEUTRAL, stroke: NEUTRAL, 'stroke-width': 1 }} />;
}

const NEUTRAL = '#77716a';
/** Edges of marks too light to stand on paper by themselves. */
const EDGES: Record<string, string> = { in_use: '#2f6b3a' };

interface Paint {
  fill: string;
  stroke: string;
  'stroke-width': number;
}

function Mark({ shape, dashed, paint }: { shape?: MarkShape; dashed?: boolean; paint: Paint }) {
  const dash = dashed ? { 'stroke-dasharray': '2 1.6', 'fill-opacity': 0.25 } : {};
  return (
    <svg class="mark" viewBox="0 0 14 14" aria-hidden="true">
      {shape === 'diamond' ? (
        <path d="M7 1.2L12.8 7 7 12.8 1.2 7z" {...paint} {...dash} />
      ) : shape === 'square' ? (
        <rect x="1.5" y="2.5" width="11" height="9" {...paint} {...dash} />
      ) : (
        <circle cx="7" cy="7" r="4.6" {...paint} {...dash} />
      )}
    </svg>
  );
}

/** A patch of a land use's colour, edged so that the lightest still stand on paper. */
export function LandUseMark({ colour }: { colour: string }) {
  return (
    <svg class="mark" viewBox="0 0 14 14" aria-hidden="true">
      <rect x="1" y="2.5" width="12" height="9" fill={colour} stroke="#8b8272" stroke-width="0.8" />
    </svg>
  );
}

export function StatusChip(props: {
  style: StyleSpecification | null;
  status: string | null | undefined;
}) {
  return (
    <span class="status">
      <StatusMark style={props.style} status={props.status} />
      {statusWord(lang.value, props.status)}
    </span>
  );
}

/** A side of a boundary sentence, in the colour that it has on the map. */
export function SideBadge({ side }: { side: Direction }) {
  return (
    <span class="side-badge" style={{ background: SIDE_COLOURS[side] }}>
      {t(`side.${side}`)}
    </span>
  );
}

export function LineMark(props: {
  style: StyleSpecification | null;
  layer: string;
  /** Instead of the style's. */
  colour?: string | undefined;
}) {
  const { style, layer } = props;
  if (!style) return <span class="line-mark" />;
  const { color: usual, dash } = lineLook(style, layer);
  const color = props.colour ?? usual;
  return (
    <svg class="line-mark" viewBox="0 0 30 8" aria-hidden="true">
      {dash && layer.startsWith('zones-side-') && (
        <path d="M1 4H29" stroke={color} stroke-width="1" />
      )}
      <path
        d="M1 4H29"
        stroke={color}
        stroke-width="3"
        stroke-dasharray={dash ? dash.map((part) => part * 3).join(' ') : undefined}
      />
    </svg>
  );
}

export function CertaintyMark({ certainty }: { certainty: Certainty | 'unlocated' }) {
  return (
    <svg class={`certainty-mark is-${certainty}`} viewBox="0 0 12 12" aria-hidden="true">
      <circle cx="6" cy="6" r="4.6" class="outline" />
      {certainty === 'certain' && <circle cx="6" cy="6" r="4.6" class="full" />}
      {certainty === 'possible' && <path d="M6 1.4a4.6 4.6 0 0 0 0 9.2z" class="full" />}
    </svg>
  );
}

export function CertaintyChip({ certainty }: { certainty: Certainty }) {
  return (
    <span class={`certainty is-${certainty}`} title={t(`query.${certainty}.note`)}>
      <CertaintyMark certainty={certainty} />
      {t(`query.${certainty}`)}
    </span>
  );
}
