// What stands around the map: zoom, scale, coordinates, attribution, hints and notices.

import type { StyleSpecification } from 'maplibre-gl';
import { useEffect, useRef } from 'preact/hooks';
import { metres, roundLength } from '../format';
import { metresPerPixel } from '../geodesy';
import { statusWord, titleOf } from '../i18n';
import { isEmbedded } from '../opening';
import { Icon } from '../panels/icons';
import { titled } from '../panels/parts';
import {
  catalogue,
  collections,
  documents,
  drawing,
  drawingProblem,
  drawingReady,
  lang,
  moment,
  navigate,
  newest,
  notice,
  ready,
  shaping,
  share,
  showRevision,
  t,
  view,
} from '../state';
import {
  baseMapError,
  canvas,
  goHome,
  mountMap,
  pointer,
  standing,
  tileError,
  tip,
} from './canvas';
import { BASE_MAP, baseMapCredit } from './style';

export function MapView({ style }: { style: StyleSpecification }) {
  const container = useRef<HTMLDivElement>(null);
  useEffect(() => (container.current ? mountMap(container.current, style) : undefined), [style]);
  return <div class="map" ref={container} role="application" aria-label={t('map.label')} />;
}

export function Furniture({ style }: { style: StyleSpecification }) {
  return (
    <>
      <div class="zoom-control" data-covers="right">
        <MapButton icon="plus" word="map.zoom.in" act={() => canvas.peek()?.zoomIn()} />
        <MapButton icon="minus" word="map.zoom.out" act={() => canvas.peek()?.zoomOut()} />
        <MapButton icon="home" word="map.home" act={goHome} />
      </div>
      <div class="footing">
        <ScaleBar />
        <Coordinates />
        <Attribution style={style} />
      </div>
      <Notices />
    </>
  );
}

function MapButton(props: {
  icon: 'plus' | 'minus' | 'home';
  word: 'map.zoom.in' | 'map.zoom.out' | 'map.home';
  act: () => void;
}) {
  return (
    <button type="button" aria-label={t(props.word)} title={t(props.word)} onClick={props.act}>
      <Icon name={props.icon} />
    </button>
  );
}

/** Longest scale bar, CSS pixels. */
const SCALE_PIXELS = 110;

function ScaleBar() {
  if (!standing.value) return null;
  const perPixel = metresPerPixel(standing.value.lat, standing.value.zoom);
  const length = roundLength(perPixel * SCALE_PIXELS);
  return (
    <div class="scale" role="img" aria-label={`${t('map.scale')} ${metres(length, lang.value)}`}>
      <span>{scaleText(length)}</span>
      <i style={{ width: `${length / perPixel}px` }} />
    </div>
  );
}

function scaleText(length: number): string {
  const zh = lang.value === 'zh';
  return length >= 1000 ? `${length / 1000} ${zh ? '公里' : 'km'}` : `${length} ${zh ? '米' : 'm'}`;
}

function Coordinates() {
  const at = pointer.value;
  return (
    <output class="coordinates" title={t('map.position')} aria-label={t('map.position')}>
      {at ? `${at.lon.toFixed(5)}, ${at.lat.toFixed(5)}` : ''}
    </output>
  );
}

function Attribution({ style }: { style: StyleSpecification }) {
  const dialog = useRef<HTMLDialogElement>(null);
  // Open data licences ask for the credit wherever the data are shown.
  const osm = collections.value.some(({ sources = [] }) =>
    sources.some(({ source, licence }) => /OpenStreetMap|ODbL/i.test(`${source} ${licence}`)),
  );
  const known = ready(catalogue.load.value);
  const baseMap = view.value.layers?.includes(BASE_MAP) ? baseMapCredit(style) : null;
  return (
    <p class="attribution">
      {baseMap !== null && (
        <span data-base-map={baseMapError.value ? 'failed' : 'there'}>
          {t('map.base-map', { name: baseMap })}
          {baseMapError.value && t('map.base-map.failed')}
        </span>
      )}
      {osm && <span>© OpenStreetMap contributors</span>}
      <button type="button" class="link" onClick={() => dialog.current?.showModal()}>
        {t('map.sources')}
      </button>
      <dialog ref={dialog} class="sources" aria-label={t('map.sources.title')}>
        <form method="dialog" class="answer-bar">
          <h2>{t('map.sources.title')}</h2>
          <button type="submit" class="icon-button" aria-label={t('app.close')}>
            <Icon name="close" />
          </button>
        </form>
        <h3>{t('map.sources.documents')}</h3>
        <ul>
          {(ready(documents.load.value) ?? []).map((document) => (
            <li key={document.id}>
              {titled(document)}
              <small>
                {[document.issuer, document.date].filter(Boolean).join(' · ') || document.id}
              </small>
            </li>
          ))}
        </ul>
        <h3>{t('map.sources.data')}</h3>
        <dl>
          {collections.value
            .filter(({ sources = [] }) => sources.length > 0)
            .map((collection) => (
              <div key={collection.id}>
                <dt>{titleOf(lang.value, collection)}</dt>
                <dd>
                  {collection.sources?.map(({ source, licence }) => (
                    <p key={source + licence}>
                      {source} <small>{licence}</small>
                    </p>
                  ))}
                </dd>
              </div>
            ))}
        </dl>
        {known && <p class="fine">{t('map.sources.revision', { n: known.revision })}</p>}
      </dialog>
    </p>
  );
}

function Notices() {
  const have = newest.value;
  const asked = view.value.revision;
  const isNone = have !== null && asked !== null && asked > have;
  // Of what was shared the strip above the map says it.
  const earlier = isEmbedded || ready(share.load.value) ? null : moment.value;
  if (!isNone && earlier === null && !tileError.value && !notice.value) return null;
  return (
    <div class="notices" role="status">
      {earlier !== null && (
        <p class="notice is-quiet" data-revision={earlier}>
          {t('moment.earlier', { asked: earlier })}
          <button type="button" class="link" onClick={() => showRevision(null)}>
            {t('moment.latest')}
          </button>
        </p>
      )}
      {isNone && (
        <p class="notice">
          {t('error.revision', { asked, have })}
          <button type="button" class="link" onClick={() => navigate({ revision: have })}>
            {t('error.revision.use', { have })}
          </button>
        </p>
      )}
      {notice.value && (
        <p class="notice">
          {t(notice.value)}
          <button
            type="button"
            class="link"
            onClick={() => {
              notice.value = null;
            }}
          >
            {t('app.close')}
          </button>
        </p>
      )}
      {tileError.value && (
        <p class="notice">
          {t('error.tiles')}
          <button
            type="button"
            class="link"
            onClick={() => {
              tileError.value = false;
              canvas.peek()?.refreshTiles('data');
            }}
          >
            {t('app.retry')}
          </button>
        </p>
      )}
    </div>
  );
}

export function DrawHint() {
  const mode = drawing.value;
  useEffect(() => {
    if (mode === null) return;
    const onKey = (event: KeyboardEvent) => {
      if (event.key === 'Escape') drawing.value = null;
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [mode]);
  if (mode === null) return null;
  const touch = mode === 'circle' && matchMedia('(pointer: coarse)').matches;
  const problem = drawingProblem.value;
  return (
    <div
      class={`draw-hint ${problem ? 'is-refused' : ''}`}
      role="status"
      data-drawing={drawingReady.value ? 'ready' : 'loading'}
    >
      <Icon name={mode === 'edit' ? 'edit' : mode} />
      <span>{t(problem ?? (touch ? 'draw.circle.touch' : `draw.${mode}.hint`))}</span>
      <button
        type="button"
        class="button is-small"
        onClick={() => {
          drawing.value = null;
        }}
      >
        {t(mode === 'edit' ? 'draw.done' : 'draw.cancel')}
      </button>
    </div>
  );
}

const SHAPE_ICONS = {
  point: 'target',
  line: 'edit',
  polygon: 'polygon',
  vertices: 'edit',
} as const;

/** How a feature's geometry is drawn, and how to end it. */
export function ShapeHint() {
  const mode = shaping.value;
  useEffect(() => {
    if (mode === null) return;
    const onKey = (event: KeyboardEvent) => {
      if (event.key === 'Escape') shaping.value = null;
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [mode]);
  if (mode === null) return null;
  return (
    <div class="draw-hint" role="status" data-shaping={drawingReady.value ? 'ready' : 'loading'}>
      <Icon name={SHAPE_ICONS[mode]} />
      <span>{t(`edit.place.${mode}.hint`)}</span>
      <button
        type="button"
        class="button is-small"
        onClick={() => {
          shaping.value = null;
        }}
      >
        {t(mode === 'vertices' ? 'draw.done' : 'draw.cancel')}
      </button>
    </div>
  );
}

/** The name under the pointer. */
export function Tip() {
  const at = tip.value;
  if (!at) return null;
  return (
    <div class="tip" style={{ transform: `translate(${at.x}px, ${at.y}px)` }} aria-hidden="true">
      <span>
        {at.name}
        {at.status && <small>{statusWord(lang.value, at.status)}</small>}
      </span>
    </div>
  );
}
