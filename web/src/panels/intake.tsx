// Bringing in a file: what it holds, what is odd about it, which field is what, and what would change.

import { useEffect, useState } from 'preact/hooks';
import type { Decision, Finding, Import, ImportStep, Mapping } from '../api';
import { percent, plain } from '../format';
import { SYSTEMS } from '../given';
import { propertyName, titleOf, type Word } from '../i18n';
import {
  bringFile,
  type Intake as Current,
  chooseCollection,
  commitFile,
  decide,
  letGo,
  openIntake,
} from '../intake';
import { moveToAll } from '../map/canvas';
import { WAYS } from '../model';
import { type Progress, paceOf, timeLeft } from '../pace';
import { collections, lang, t } from '../state';
import { Field, TextField } from './fields';
import { Icon } from './icons';
import { Failure, Section } from './parts';

/** Properties that a field, or one value for all, can give. */
const PROPERTIES = [
  'name',
  'name_en',
  'aliases',
  'kind',
  'land_use_text',
  'located_by',
  'accuracy_m',
  'evidence',
  'source',
  'licence',
] as const;
const COUNTS = ['added', 'changed', 'unchanged', 'removed', 'invalid'] as const;

export function IntakePanel({ current }: { current: Current }) {
  const { told, sent, problem, changes, progress } = current;
  useEffect(() => {
    const before = changes.flatMap(({ geometry_before: stood }) => stood ?? []);
    const after = changes.flatMap(({ geometry }) => geometry ?? []);
    moveToAll({ before, after });
  }, [changes]);
  return (
    <article class="intake" data-state={told?.state ?? (sent ? 'sending' : 'choosing')}>
      <div class="answer-bar">
        <span class="crumb">{t('intake.title')}</span>
        <button type="button" class="icon-button" aria-label={t('intake.cancel')} onClick={letGo}>
          <Icon name="close" />
        </button>
      </div>
      <h2 class="answer-title">{current.file ?? t('intake.title')}</h2>
      {problem && (
        <Failure
          problem={problem}
          refused="intake.failed"
          {...(told ? {} : { retry: () => openIntake(current.into) })}
        />
      )}
      {!current.file && <Choose into={current.into} />}
      {sent && <Bar word="intake.sending" progress={sent} unit="bytes" />}
      {told?.state === 'reading' && progress && (
        <Bar word={`intake.${progress.step}`} progress={progress} unit={UNITS[progress.step]} />
      )}
      {told?.state === 'failed' && (
        <div class="failure" role="alert">
          <h3>{t('intake.failed')}</h3>
          <p>{lang.value === 'zh' ? told.message : told.message_en}</p>
          <button type="button" class="button" onClick={() => openIntake(current.into)}>
            {t('intake.another')}
          </button>
        </div>
      )}
      {told?.state === 'ready' && (
        <>
          {/* What is being written stays as it was decided. */}
          <fieldset disabled={current.isCommitting}>
            <Preview told={told} current={current} />
          </fieldset>
          <Commit current={current} isReady={!told.obstacles?.length} />
        </>
      )}
    </article>
  );
}

function Choose({ into }: { into: string }) {
  const [isOver, setOver] = useState(false);
  const take = (file: File | undefined) => {
    if (file) bringFile(file);
  };
  return (
    <div class="block">
      <Field label={t('intake.into')}>
        <select
          name="into"
          value={into}
          onChange={({ currentTarget }) => chooseCollection(currentTarget.value)}
        >
          {collections.value.map((known) => (
            <option key={known.id} value={known.id}>
              {titleOf(lang.value, known)}
            </option>
          ))}
        </select>
      </Field>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: files are dropped on it; the button in it takes keys */}
      <div
        class={`drop ${isOver ? 'is-over' : ''}`}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          take(event.dataTransfer?.files[0]);
        }}
      >
        <Icon name="upload" />
        <p>{t('intake.drop')}</p>
        <label class="button given-file">
          {t('intake.choose')}
          <input
            type="file"
            class="visually-hidden"
            onChange={({ currentTarget }) => take(currentTarget.files?.[0])}
          />
        </label>
      </div>
      <p class="fine">{t('intake.note')}</p>
    </div>
  );
}

/** How far something has come; of anything over a second also how fast, and how long it will take. */
function Bar({ word, progress, unit }: { word: Word; progress: Progress; unit: Unit }) {
  const { done, all } = progress;
  const pace = paceOf(progress, performance.now());
  const share = all > 0 ? Math.min(1, done / all) : 0;
  const rate = pace && (unit === 'bytes' ? bytes(pace.rate) : counted(pace.rate, unit));
  return (
    <div class="block progress" data-word={word}>
      <p>
        <span role="status">{t(word)}</span> {all > 0 && percent(share, lang.value)}
      </p>
      <progress aria-label={t(word)} value={share} max={1} />
      {pace && rate && <p class="fine">{t('intake.pace', { rate, left: leftWords(pace.left) })}</p>}
    </div>
  );
}

function leftWords(seconds: number): string {
  const { n, unit } = timeLeft(seconds);
  return t(`intake.left.${unit}`, { n });
}

/** What the steps count; of overlaps it is now features, now polygons. */
const UNITS = {
  reading: 'bytes',
  scanning: 'rows',
  standing: 'features',
  comparing: 'rows',
  overlapping: 'places',
  committing: 'features',
  checking: 'features',
  concluding: 'features',
} as const satisfies Record<ImportStep['step'], string>;
type Unit = (typeof UNITS)[ImportStep['step']];

function counted(rate: number, unit: Exclude<Unit, 'bytes'>): string {
  return t(`intake.unit.${unit}`, { n: plain(Math.round(rate), lang.value) });
}

function bytes(count: number): string {
  return count >= 1e6 ? `${(count / 1e6).toFixed(1)} MB` : `${Math.ceil(count / 1e3)} kB`;
}

function Preview({ told, current }: { told: Import; current: Current }) {
  const { decision, changes, matched } = current;
  const { layer, findings = [], counts, obstacles = [] } = told;
  // What is being decided counts before the service has answered it.
  const mapping = told.mapping && (decision.mapping ?? told.mapping);
  const said = ({ message, message_en }: { message: string; message_en: string }) =>
    lang.value === 'zh' ? message : message_en;
  return (
    <>
      {layer && (
        <Section title={layer.format} note={t('intake.rows', { n: layer.count ?? '?' })}>
          <dl class="facts">
            <div>
              <dt>{t('intake.crs')}</dt>
              <dd>{layer.crs ?? t('intake.unstated')}</dd>
            </div>
            {layer.encoding && (
              <div>
                <dt>{t('intake.encoding')}</dt>
                <dd>{layer.encoding}</dd>
              </div>
            )}
          </dl>
          {layer.notes.map((note) => (
            <p key={note.message} class="fine">
              {said(note)}
            </p>
          ))}
        </Section>
      )}
      {findings.length > 0 && (
        <Section title={t('intake.findings')}>
          <ul class="findings">
            {findings.map((finding) => (
              <OneFinding key={finding.code + finding.message} finding={finding} />
            ))}
          </ul>
        </Section>
      )}
      {counts && (
        <Section title={t('intake.counts')} class="intake-counts">
          <ul class="counts">
            {COUNTS.map((name) => (
              <li key={name} data-count={name} class={`is-${name}`}>
                <b>{plain(counts[name], lang.value)}</b>
                {t(`intake.${name}`)}
              </li>
            ))}
          </ul>
          {changes.length < matched && (
            <p class="fine" data-shown={changes.length}>
              {t('intake.shown', {
                n: plain(changes.length, lang.value),
                all: plain(matched, lang.value),
              })}
            </p>
          )}
        </Section>
      )}
      <Choices told={told} decision={decision} />
      {layer && mapping && <Fields told={told} layer={layer} mapping={mapping} />}
      <Problems told={told} />
      {obstacles.length > 0 && (
        <div class="failure" role="alert">
          <h3>{t('intake.obstacles')}</h3>
          <ul class="flaws">
            {obstacles.map((obstacle) => (
              <li key={obstacle.message}>{said(obstacle)}</li>
            ))}
          </ul>
        </div>
      )}
    </>
  );
}

function OneFinding({ finding }: { finding: Finding }) {
  const { severity, confidence, count, examples, proposal } = finding;
  return (
    <li class={`finding is-${severity}`} data-finding={finding.code}>
      <p>
        <span class="tag">{t(`intake.severity.${severity}`)}</span>{' '}
        {lang.value === 'zh' ? finding.message : finding.message_en}
      </p>
      <p class="fine">
        {t('intake.sure', { p: percent(confidence, lang.value) })}
        {count > 0 && ` · ${t('intake.count', { n: count })}`}
        {examples.length > 0 &&
          ` · ${t('intake.examples', { rows: examples.slice(0, 5).join('、') })}`}
      </p>
      {proposal && (
        <button type="button" class="button is-small" onClick={() => decide(proposal)}>
          {t('intake.apply')}
        </button>
      )}
    </li>
  );
}

function Choices({ told, decision }: { told: Import; decision: Decision }) {
  const invalid = told.counts?.invalid ?? 0;
  const check = (name: 'remove_missing' | 'skip_invalid' | 'as_it_is', label: string) => (
    <label class="field is-check">
      <input
        type="checkbox"
        name={name}
        checked={decision[name] ?? false}
        onChange={({ currentTarget }) => decide({ [name]: currentTarget.checked })}
      />
      {label}
    </label>
  );
  return (
    <Section title={t('intake.options')}>
      <Field label={t('intake.crs')}>
        <select
          name="crs"
          value={decision.crs ?? ''}
          onChange={({ currentTarget }) => decide({ crs: currentTarget.value || null })}
        >
          <option value="">{t('intake.crs.auto')}</option>
          <option value="EPSG:4326">WGS 84 / CGCS2000</option>
          {SYSTEMS.map((system) => (
            <option key={system} value={system}>
              {system}
            </option>
          ))}
        </select>
      </Field>
      {check('remove_missing', t('intake.remove_missing'))}
      {(invalid > 0 || decision.skip_invalid) &&
        check('skip_invalid', t('intake.skip_invalid', { n: invalid }))}
      {((told.obstacles?.length ?? 0) > 0 || decision.as_it_is) &&
        check('as_it_is', t('intake.as_it_is'))}
    </Section>
  );
}

function Fields(props: { told: Import; layer: NonNullable<Import['layer']>; mapping: Mapping }) {
  const { told, layer, mapping } = props;
  const names = layer.fields.map(({ name }) => name);
  const used = new Set([mapping.key, ...Object.values(mapping.properties)]);
  const rest = names.filter((name) => !used.has(name));
  const kinds = collections.value.find(({ id }) => id === told.into)?.kinds ?? [];
  const choices: Record<string, [id: string, title: string][]> = {
    kind: kinds.map((kind) => [kind.id, titleOf(lang.value, kind)]),
    located_by: WAYS.map((by) => [by, t(`edit.located.${by}`)]),
  };
  const map = (property: string, field: string) => {
    const { [property]: _, ...properties } = mapping.properties;
    const { [property]: __, ...constants } = mapping.constants;
    if (field !== '') properties[property] = field;
    decide({ mapping: { ...mapping, properties, constants } });
  };
  const fix = (property: string, value: string) => {
    const { [property]: _, ...properties } = mapping.properties;
    const { [property]: __, ...constants } = mapping.constants;
    if (value !== '') constants[property] = property === 'accuracy_m' ? Number(value) : value;
    decide({ mapping: { ...mapping, properties, constants } });
  };
  const need = (property: string) => told.needs?.find((one) => one.property === property);
  const options = names.map((name) => (
    <option key={name} value={name}>
      {name}
    </option>
  ));
  return (
    <Section
      title={t('intake.mapping')}
      note={told.mapping_remembered ? t('intake.mapping.remembered') : undefined}
    >
      <table class="mapping">
        <thead>
          <tr>
            <th>{t('intake.property')}</th>
            <th>{t('intake.field')}</th>
            <th>{t('intake.constant')}</th>
          </tr>
        </thead>
        <tbody>
          <tr data-property="key" class={need('key') ? 'is-lacking' : ''}>
            <th>{t('intake.key')}</th>
            <td>
              <select
                aria-label={t('intake.key')}
                value={mapping.key ?? ''}
                onChange={({ currentTarget }) =>
                  decide({ mapping: { ...mapping, key: currentTarget.value || null } })
                }
              >
                <option value="">{t('intake.key.own')}</option>
                {options}
              </select>
            </td>
            <td />
          </tr>
          {PROPERTIES.map((property) => {
            const label = propertyName(lang.value, property);
            const constant = mapping.constants[property];
            return (
              <tr
                key={property}
                data-property={property}
                class={need(property) ? 'is-lacking' : ''}
              >
                <th>{label}</th>
                <td>
                  <select
                    aria-label={`${label} ${t('intake.field')}`}
                    value={mapping.properties[property] ?? ''}
                    onChange={({ currentTarget }) => map(property, currentTarget.value)}
                  >
                    <option value="">{t('intake.none')}</option>
                    {options}
                  </select>
                </td>
                <td>
                  {choices[property] ? (
                    <select
                      aria-label={`${label} ${t('intake.constant')}`}
                      value={String(constant ?? '')}
                      onChange={({ currentTarget }) => fix(property, currentTarget.value)}
                    >
                      <option value="">{t('intake.none')}</option>
                      {choices[property].map(([id, title]) => (
                        <option key={id} value={id}>
                          {title}
                        </option>
                      ))}
                    </select>
                  ) : (
                    <input
                      type="text"
                      inputMode={property === 'accuracy_m' ? 'decimal' : 'text'}
                      aria-label={`${label} ${t('intake.constant')}`}
                      value={String(constant ?? '')}
                      onChange={({ currentTarget }) => fix(property, currentTarget.value)}
                    />
                  )}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {told.needs?.map((one) => (
        <p key={one.property} class="fine is-error">
          {lang.value === 'zh' ? one.message : one.message_en}
        </p>
      ))}
      {rest.length > 0 && <p class="fine">{t('intake.kept', { names: rest.join('、') })}</p>}
    </Section>
  );
}

function Problems({ told }: { told: Import }) {
  const { problems = [], problems_total = 0 } = told;
  if (problems.length === 0) return null;
  return (
    <details class="fold" open={problems.length <= 5}>
      <summary>
        {t('intake.problems')}
        <span class="count">{problems_total}</span>
      </summary>
      <ul class="row-problems">
        {problems.map(({ row, key, reason, reason_en }) => (
          <li key={`${row}${reason}`}>
            <b>
              {t('intake.row', { n: row })}
              {key && ` · ${key}`}
            </b>{' '}
            {lang.value === 'zh' ? reason : reason_en}
          </li>
        ))}
      </ul>
      {problems_total > problems.length && (
        <p class="fine">{t('intake.more', { n: problems_total - problems.length })}</p>
      )}
    </details>
  );
}

function Commit({ current, isReady }: { current: Current; isReady: boolean }) {
  const { isCommitting, progress } = current;
  const [message, setMessage] = useState('');
  return (
    <form
      class="block"
      onSubmit={(event) => {
        event.preventDefault();
        commitFile(message);
      }}
    >
      <TextField
        name="message"
        label={t('edit.message')}
        value={message}
        required
        change={setMessage}
      />
      <div class="query-actions">
        <button
          type="submit"
          class="button is-primary"
          disabled={!isReady || isCommitting || message.trim() === ''}
        >
          {t(isCommitting ? 'edit.saving' : 'intake.commit')}
        </button>
        <button type="button" class="button" onClick={letGo}>
          {t('intake.cancel')}
        </button>
      </div>
      {isCommitting && progress && (
        <Bar word={`intake.${progress.step}`} progress={progress} unit={UNITS[progress.step]} />
      )}
    </form>
  );
}
