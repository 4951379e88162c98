import { FIGURES, judge, type Figure } from './figures.js';

const figure = (title: string) => FIGURES.find((one) => one.title === title) as Figure;

describe('the verdict on a figure', () => {
  it.each([
    ['Issuing a token', 12, 'ok'],
    ['Issuing a token', 50, 'ok'],
    ['Issuing a token', 51, 'outside SLO'],
    ['Issuing a token', 101, 'alert line crossed'],
    ['Issuing a token', null, 'no data'],
    ['Validation success', 0.995, 'ok'],
    ['Validation success', 0.985, 'outside SLO'],
    ['Validation success', 0.97, 'alert line crossed'],
    ['Adoption of ephemeral tokens', 0.93, 'outside SLO'],
    ['Adoption of ephemeral tokens', 0.9, 'alert line crossed'],
    ['Active tokens', 501, 'alert line crossed'],
  ])('%s at %s is: %s', (title, value, verdict) => {
    expect(judge(figure(title), value)).toBe(verdict);
  });
});
