// Texts to be passed on.

import { useEffect, useRef, useState } from 'preact/hooks';
import { copyText } from '../save';
import { t } from '../state';
import { Field } from './fields';

/** A text to be passed on, and a button that puts it in the clipboard. */
export function Copyable(props: {
  label: string;
  text: string;
  name: string;
  isFirst?: boolean;
  rows?: number;
}) {
  const { label, text, name, isFirst, rows } = props;
  const [copied, setCopied] = useState<boolean | null>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (isFirst) button.current?.focus();
  }, [isFirst]);
  const shared = {
    name: `share_${name}`,
    value: text,
    readOnly: true,
    onFocus: ({ currentTarget }: { currentTarget: HTMLInputElement | HTMLTextAreaElement }) =>
      currentTarget.select(),
  };
  return (
    <div class="copyable">
      <Field label={label}>
        {rows ? <textarea rows={rows} {...shared} /> : <input type="text" {...shared} />}
      </Field>
      <button
        ref={button}
        type="button"
        class={`button ${isFirst ? 'is-primary' : ''}`}
        data-copy={name}
        onClick={async () => {
          setCopied(await copyText(text));
          // Where the text had to be selected, the focus has gone with it.
          button.current?.focus();
        }}
      >
        {t(copied ? 'share.copied' : 'share.copy')}
      </button>
      {copied === false && (
        <p class="fine is-error" role="alert">
          {t('share.copy.failed')}
        </p>
      )}
    </div>
  );
}
