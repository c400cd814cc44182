// The answer as files, and the link to it.

import { useEffect, useState } from 'preact/hooks';
import { downloadAnswer, FILE_FORMS, type FileForm, Problem, unreachable } from '../api';
import { copyText, saveFile } from '../save';
import { given, lang, question, t } from '../state';
import { Icon } from './icons';

const TITLES: Record<FileForm, string> = { xlsx: 'Excel', csv: 'CSV', geojson: 'GeoJSON' };

type Doing = { state: 'making'; form: FileForm } | { state: 'failed'; problem: Problem };

export function Downloads() {
  const [doing, setDoing] = useState<Doing | null>(null);
  const [copied, setCopied] = useState<boolean | null>(null);
  const asked = JSON.stringify(question.value);
  // What is said of one question does not hold for the next.
  useEffect(() => {
    setDoing(null);
    setCopied(null);
  }, [asked]);
  const download = async (form: FileForm) => {
    const wanted = question.peek();
    if (!wanted) return;
    setDoing({ state: 'making', form });
    try {
      const { name, content } = await downloadAnswer(wanted, form, lang.peek());
      saveFile(content, name);
      setDoing(null);
    } catch (error) {
      setDoing({ state: 'failed', problem: error instanceof Problem ? error : unreachable() });
    }
  };
  const making = doing?.state === 'making' ? doing.form : null;
  const problem = doing?.state === 'failed' ? doing.problem : null;
  return (
    <div class="downloads" aria-busy={making !== null}>
      <span class="downloads-title">
        <Icon name="download" />
        {t('download.title')}
      </span>
      <span class="downloads-forms">
        {FILE_FORMS.map((form) => (
          <button
            key={form}
            type="button"
            class="button is-small"
            data-form={form}
            title={t(`download.${form}`)}
            disabled={making !== null}
            onClick={() => download(form)}
          >
            {making === form && <span class="spinner is-small" aria-hidden="true" />}
            {TITLES[form]}
          </button>
        ))}
      </span>
      {given.value === null && (
        <button
          type="button"
          class="link"
          onClick={async () => setCopied(await copyText(location.href))}
        >
          {t('link.copy')}
        </button>
      )}
      <p class="downloads-note" role="status">
        {making !== null
          ? t('download.making')
          : copied !== null && t(copied ? 'link.copied' : 'link.failed')}
      </p>
      {problem && (
        <p class="downloads-note is-error" role="alert">
          {t('download.failed', {
            detail: problem.detail[lang.value] || t('error.offline'),
          })}
        </p>
      )}
    </div>
  );
}
