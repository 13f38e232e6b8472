import { describe, expect, test } from 'vitest';
import { Changes, Growth, Shuffle } from '../../../infra/local/source/growth.ts';
import { FULL_ROWS, Population } from '../../../infra/local/source/population.ts';

describe('a shuffle', () => {
  test.each([1, 2, 3, 64, 817, 16_702, 99_991])('takes each of %i numbers to another, and back', (n) => {
    const shuffle = new Shuffle(n, 12_345);
    const seen = new Uint8Array(n);
    for (let i = 0; i < n; i++) {
      const place = shuffle.forward(i);
      seen[place] = 1;
      if (shuffle.back(place) !== i) throw new Error(`${i} goes to ${place}, from where it comes back otherwise`);
    }
    expect(seen.every((one) => one === 1)).toBe(true);
  });
});

describe('growth', () => {
  test('knows the slot in which each row was born', () => {
    const growth = new Growth(250);
    for (let slot = 0; slot < 5; slot++) {
      expect(growth.bornIn(growth.total(slot) - 1)).toBe(slot);
      expect(growth.bornIn(growth.total(slot))).toBe(slot + 1);
      expect(growth.total(slot) - growth.total(slot - 1)).toBe(growth.size(slot));
    }
  });
});

describe('changes', () => {
  const total = (slot: number) => (slot < 0 ? 0 : 1_000 + 10 * slot);
  const changes = new Changes(99, total);

  test('a row has the version of the last slot that lists it', () => {
    const version = new Map<number, number>();
    for (let slot = 1; slot < 200; slot++) {
      const known = total(slot - 1);
      for (let n = 0; n < changes.changed(slot, known); n++) {
        const index = changes.changedAt(slot, n);
        expect(index).toBeLessThan(known);
        version.set(index, slot);
      }
      for (let index = 0; index < total(slot); index++) {
        if (changes.version(index, slot) !== (version.get(index) ?? 0)) throw new Error(`row ${index} in slot ${slot}`);
      }
    }
  });

  test('a row that is sent again was not changed in the same slot', () => {
    for (let slot = 1; slot < 100; slot++) {
      for (let n = 0; n < changes.repeated(slot, total(slot - 1)); n++) {
        expect(changes.version(changes.repeatedAt(slot, n), slot)).not.toBe(slot);
      }
    }
  });
});

describe('the population', () => {
  const population = new Population(5, 1);

  test('has the train and test applications of the full data, each client in one of them', () => {
    const clients = population.clients.total(0);
    expect(population.testAmong(clients)).toBe(FULL_ROWS.application_test);
    expect(population.trainAmong(clients)).toBe(FULL_ROWS.application_train);
    for (let i = 0; i < 20_000; i++) {
      const [test, train] = [population.testClient(i), population.trainClient(i)];
      if (!population.isTest(test) || population.testAmong(test) !== i) throw new Error(`test ${i}`);
      if (population.isTest(train) || population.trainAmong(train) !== i) throw new Error(`train ${i}`);
    }
  });

  test('gives what is in no table identifiers that nobody else ever has', () => {
    const known = new Set<number>();
    for (let i = 0; i < 50_000; i++) known.add(population.applicationId(i));
    for (let i = 0; i < 2_000; i++) expect(known.has(population.unknownApplicationId(i))).toBe(false);
    expect(known.size).toBe(50_000);
  });
});
