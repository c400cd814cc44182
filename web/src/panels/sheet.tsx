// A panel: a floating card on a wide screen, a sheet that slides up from below on a narrow one.

import type { ComponentChildren } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { layout, t } from '../state';
import { Icon } from './icons';

const SIZES = ['peek', 'half', 'full'] as const;
type Size = (typeof SIZES)[number];
/** Pixels of a drag that change the size. */
const DRAG = 36;

export function Sheet(props: {
  label: string;
  class: string;
  hidden?: boolean;
  covers?: string;
  children: ComponentChildren;
}) {
  const [size, setSize] = useState<Size>('half');
  const from = useRef<number | null>(null);
  const step = (by: number) => {
    const next = SIZES[Math.min(SIZES.length - 1, Math.max(0, SIZES.indexOf(size) + by))];
    if (next) setSize(next);
  };
  return (
    <aside
      class={`sheet ${props.class} is-${size}`}
      aria-label={props.label}
      hidden={props.hidden}
      data-covers={layout.value === 'narrow' ? 'bottom' : (props.covers ?? 'none')}
    >
      <button
        type="button"
        class="sheet-handle"
        aria-label={size === 'full' ? t('app.sheet.shrink') : t('app.sheet.grow')}
        onClick={() => {
          if (size === 'full') setSize('peek');
          else step(1);
        }}
        onPointerDown={(event) => {
          from.current = event.clientY;
          event.currentTarget.setPointerCapture(event.pointerId);
        }}
        onPointerUp={(event) => {
          const moved = from.current === null ? 0 : from.current - event.clientY;
          from.current = null;
          if (Math.abs(moved) < DRAG) return;
          event.preventDefault();
          step(Math.sign(moved) * (Math.abs(moved) > 240 ? 2 : 1));
          // The click that follows a drag must not step once more.
          event.currentTarget.addEventListener(
            'click',
            (click) => click.stopImmediatePropagation(),
            {
              capture: true,
              once: true,
            },
          );
        }}
      >
        <span aria-hidden="true" />
        <Icon name="down" />
      </button>
      <div class="sheet-body">{props.children}</div>
    </aside>
  );
}
