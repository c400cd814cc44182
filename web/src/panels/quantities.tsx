// Quantities that documents state of a feature: how much, of what, and in which sentence.

import { useState } from 'preact/hooks';
import { edit } from '../desk';
import { type Kept, quantitiesOf, withCitation, withList } from '../editing';
import { KNOWN_QUANTITIES, propertyName, quantityName } from '../i18n';
import type { Citation, Modality, Quantity } from '../model';
import { lang, t } from '../state';
import { citationWords, quantityWords } from './changes';
import { CitePicker } from './cite';
import {
  Adder,
  AddingActions,
  FieldSection,
  modalityOptions,
  NumberField,
  Remove,
  SelectField,
  TextField,
} from './fields';

export function Quantities({ mine }: { mine: Kept }) {
  const [adding, setAdding] = useState(false);
  const quantities = quantitiesOf(mine);
  return (
    <FieldSection
      name="quantities"
      title={propertyName(lang.value, 'quantities')}
      class="edit-quantities"
    >
      <ol class="entries">
        {quantities.map((quantity, index) => (
          <li key={`${quantity.attribute}${quantity.date}${quantity.value}${quantity.unit}`}>
            <div>
              <p>{quantityWords(quantity)}</p>
              <p class="fine" lang="zh-CN">
                {citationWords(quantity.citation)}
              </p>
            </div>
            <Remove
              act={() =>
                edit((one) =>
                  withList(
                    one,
                    'quantities',
                    quantities.filter((_, i) => i !== index),
                  ),
                )
              }
            />
          </li>
        ))}
      </ol>
      {adding ? (
        <AddQuantity
          add={(quantity) => {
            edit((one) => {
              const stated = withList(one, 'quantities', [...quantitiesOf(one), quantity]);
              return withCitation(stated, quantity.citation);
            });
            setAdding(false);
          }}
          cancel={() => setAdding(false)}
        />
      ) : (
        <Adder label={t('edit.quantity.add')} act={() => setAdding(true)} />
      )}
    </FieldSection>
  );
}

const ATTRIBUTE = /^[a-z][a-z0-9_]*$/;

function AddQuantity(props: { add: (quantity: Quantity) => void; cancel: () => void }) {
  const [attribute, setAttribute] = useState('');
  const [qualifier, setQualifier] = useState('');
  const [value, setValue] = useState<number | null>(null);
  const [unit, setUnit] = useState('');
  const [modality, setModality] = useState<Modality>('intended');
  const [date, setDate] = useState('');
  const [citation, setCitation] = useState<Citation | null>(null);
  const known = KNOWN_QUANTITIES.map((id) => [id, quantityName(lang.value, id)] as const);
  // A name that is offered stands for the word that the data have for it.
  const asked = attribute.trim();
  const id = known.find(([, name]) => name === asked)?.[0] ?? asked.toLowerCase();
  const isWhole = ATTRIBUTE.test(id) && value !== null && unit.trim() !== '' && citation !== null;
  const add = () => {
    if (value === null || !citation) return;
    props.add({
      attribute: id,
      value,
      unit: unit.trim(),
      ...(qualifier.trim() ? { qualifier: qualifier.trim() } : {}),
      date: date.trim() || null,
      modality,
      citation,
    });
  };
  return (
    <div class="adding" data-adding="quantity">
      <TextField
        name="attribute"
        label={t('edit.quantity.attribute')}
        note={t('edit.quantity.attribute.note')}
        value={attribute}
        list="known-quantities"
        change={setAttribute}
      />
      <datalist id="known-quantities">
        {known.map(([one, name]) => (
          <option key={one} value={name} />
        ))}
      </datalist>
      <div class="field-row">
        <NumberField
          name="value"
          label={t('edit.quantity.value')}
          value={value}
          change={setValue}
        />
        <TextField
          name="unit"
          label={t('edit.quantity.unit')}
          value={unit}
          list="known-units"
          change={setUnit}
        />
      </div>
      <datalist id="known-units">
        {UNITS.map((one) => (
          <option key={one} value={one} />
        ))}
      </datalist>
      <div class="field-row">
        <TextField
          name="qualifier"
          label={t('edit.quantity.qualifier')}
          value={qualifier}
          change={setQualifier}
        />
        <SelectField
          name="modality"
          label={t('edit.status.modality')}
          value={modality}
          options={modalityOptions()}
          change={setModality}
        />
      </div>
      <TextField
        name="date"
        label={t('edit.status.date')}
        note={t('edit.quantity.date.note')}
        value={date}
        change={setDate}
      />
      <CitePicker citation={null} pick={setCitation} />
      <AddingActions add={isWhole ? add : null} cancel={props.cancel} />
    </div>
  );
}

/** Units that documents commonly use. */
const UNITS = [
  '平方米',
  '万平方米',
  '公顷',
  '亩',
  '米',
  '公里',
  '千伏',
  '亿元',
  '万元',
  '户',
  '套',
  '年',
];
