import { expect, test } from 'vitest';
import { keptSlots, neededSlots } from '../../../activities/retention.ts';

const DAY = 86_400_000;
/** A slot a day at 09:00 UTC, from the first day on. */
const days = (first: string, count: number) =>
  Array.from({ length: count }, (_, day) => {
    const date = new Date(Date.parse(`${first}T09:00:00Z`) + day * DAY);
    return date.toISOString().replaceAll(/[-:]|\.000/g, '');
  });

test('the last slots stay, and of each month before them its last one', () => {
  const kept = keptSlots(days('2026-01-01', 100), 5);
  expect([...kept].sort()).toEqual([
    ...['20260131T090000Z', '20260228T090000Z', '20260331T090000Z'],
    ...['20260406T090000Z', '20260407T090000Z', '20260408T090000Z', '20260409T090000Z', '20260410T090000Z'],
  ]);
});

test('sixty slots stay: with two a day, those of the last thirty', () => {
  const twice = days('2026-03-01', 31).flatMap((slot) => [slot, slot.replace('T09', 'T21')]);
  const kept = keptSlots(twice);
  expect(kept.size).toBe(60);
  expect(kept.has('20260301T210000Z')).toBe(false);
  expect(kept.has('20260302T090000Z')).toBe(true);
});

test('a month is one of São Paulo: the evening slot of its last day is 21:00 UTC of the same day, and one after midnight UTC is still of it', () => {
  const kept = keptSlots(['20260131T210000Z', '20260201T023000Z', '20260201T090000Z', '20260227T090000Z'], 1);
  expect([...kept].sort()).toEqual(['20260201T023000Z', '20260227T090000Z']);
});

test('the order in which slots are given does not matter, nor that one is given twice', () => {
  const slots = days('2026-01-20', 30);
  expect(keptSlots([...slots].reverse().concat(slots), 3)).toEqual(keptSlots(slots, 3));
});

test('of a table that seldom gets files the tag stays at which it stood at a kept slot, however old it is', () => {
  const kept = new Set(['20260331T090000Z', '20260409T090000Z', '20260410T090000Z']);
  const tagged = ['20260105T090000Z', '20260302T090000Z', '20260401T090000Z', '20260402T090000Z'];
  expect([...neededSlots(tagged, kept)].sort()).toEqual(['20260302T090000Z', '20260402T090000Z']);
});

test('as of a slot before its first a table needs nothing', () => {
  expect(neededSlots(['20260401T090000Z'], new Set(['20260331T090000Z']))).toEqual(new Set());
});
