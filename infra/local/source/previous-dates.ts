import type { Column, CsvBytes } from './csv.ts';
import { below, type Draw, salt } from './random.ts';

/** Stands for: no such date. */
const NO_DATE = 365_243;

const S = {
  drawing: salt('DAYS_FIRST_DRAWING'),
  insured: salt('NFLAG_INSURED_ON_APPROVAL'),
  late: salt('DAYS_TERMINATION'),
};

interface Application {
  readonly draw: Draw;
  readonly approved: boolean;
  readonly decision: number;
  readonly term: number;
}

/** The dates of an approved application's loan, and whether it was insured; of the others nothing is known. */
export function previousDates(application: Application, out: CsvBytes): Record<string, Column> {
  const { draw } = application;
  const firstDue = () => 30 - application.decision;
  const lastDue = () => firstDue() + 30 * (application.term - 1);
  const ended = () => lastDue() < -10;
  const whenApproved = (write: () => void) => () => {
    if (application.approved) write();
  };
  return {
    DAYS_DECISION: () => out.int(-application.decision),
    DAYS_FIRST_DRAWING: whenApproved(() => {
      out.looseInt(below(draw.at(S.drawing), 100) < 93 ? NO_DATE : Math.min(-2, 40 - application.decision));
    }),
    DAYS_FIRST_DUE: whenApproved(() => out.looseInt(below(draw.at(S.drawing + 1), 100) < 4 ? NO_DATE : firstDue())),
    DAYS_LAST_DUE_1ST_VERSION: whenApproved(() => {
      out.looseInt(below(draw.at(S.drawing + 2), 100) < 9 ? NO_DATE : lastDue());
    }),
    DAYS_LAST_DUE: whenApproved(() => out.looseInt(ended() ? lastDue() : NO_DATE)),
    DAYS_TERMINATION: whenApproved(() => {
      out.looseInt(ended() ? Math.min(-1, lastDue() + below(draw.fresh(S.late), 9)) : NO_DATE);
    }),
    NFLAG_INSURED_ON_APPROVAL: whenApproved(() => out.looseInt(below(draw.at(S.insured), 100) < 33 ? 1 : 0)),
  };
}
