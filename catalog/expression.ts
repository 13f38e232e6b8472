// The conditions of checks: a small part of SQL that Spark and Athena read alike. What lies outside it is refused, so that
// a condition cannot fail in the middle of a run.

/** The columns that a condition reads, each once, in order of mention; or what is wrong with it. */
export type Condition = { columns: string[] } | { fault: string };

const FUNCTIONS = ['abs', 'coalesce', 'greatest', 'least', 'length', 'nullif', 'round'];
const WORDS = ['and', 'between', 'distinct', 'false', 'from', 'in', 'is', 'not', 'null', 'or', 'true'];
const COMPARISONS = ['=', '<>', '<', '<=', '>', '>='];

export function readCondition(text: string): Condition {
  try {
    const reader = new Reader(text);
    reader.whole();
    return { columns: [...reader.columns] };
  } catch (error) {
    if (error instanceof Fault) return { fault: error.message };
    throw error;
  }
}

class Fault extends Error {}

type Kind = 'condition' | 'value';

class Reader {
  readonly columns = new Set<string>();
  readonly #tokens: string[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = tokensOf(text);
  }

  whole(): void {
    this.#expect('condition', this.#either());
    if (this.#next !== undefined) throw new Fault(`${this.#next} is not expected there`);
  }

  #either(): Kind {
    return this.#chain('or', () => this.#all());
  }

  #all(): Kind {
    return this.#chain('and', () => this.#negation());
  }

  #chain(word: string, part: () => Kind): Kind {
    let kind = part();
    while (this.#take(word)) {
      this.#expect('condition', kind);
      this.#expect('condition', part());
      kind = 'condition';
    }
    return kind;
  }

  #negation(): Kind {
    if (!this.#take('not')) return this.#comparison();
    return this.#expect('condition', this.#negation());
  }

  #comparison(): Kind {
    const kind = this.#sum();
    if (COMPARISONS.some((sign) => this.#take(sign))) {
      this.#expect('value', kind);
      return this.#value();
    }
    if (this.#take('is')) {
      this.#take('not');
      if (this.#take('null')) return 'condition';
      this.#demand('distinct');
      this.#demand('from');
      return this.#value();
    }
    const negated = this.#take('not');
    if (this.#take('in')) {
      this.#demand('(');
      do this.#value();
      while (this.#take(','));
      this.#demand(')');
      return 'condition';
    }
    if (this.#take('between')) {
      this.#value();
      this.#demand('and');
      return this.#value();
    }
    if (negated) throw new Fault('in or between must follow not');
    return kind;
  }

  /** The other side of a comparison, which makes a condition. */
  #value(): Kind {
    this.#expect('value', this.#sum());
    return 'condition';
  }

  #sum(): Kind {
    return this.#arithmetic(['+', '-'], () => this.#arithmetic(['*', '/'], () => this.#factor()));
  }

  #arithmetic(signs: string[], part: () => Kind): Kind {
    const kind = part();
    while (signs.some((sign) => this.#take(sign))) {
      this.#expect('value', kind);
      this.#expect('value', part());
    }
    return kind;
  }

  #factor(): Kind {
    if (this.#take('-')) return this.#expect('value', this.#factor());
    if (this.#take('(')) {
      const kind = this.#either();
      this.#demand(')');
      return kind;
    }
    const token = this.#next;
    if (token === undefined) throw new Fault('it ends too early');
    this.#at++;
    if (/^['\d]/.test(token) || token === 'null') return 'value';
    if (token === 'true' || token === 'false') return 'condition';
    if (!/^\w+$/.test(token) || WORDS.includes(token)) throw new Fault(`${token} is not expected there`);
    if (!this.#take('(')) {
      this.columns.add(token);
      return 'value';
    }
    if (!FUNCTIONS.includes(token)) throw new Fault(`${token} is none of the functions ${FUNCTIONS.join(', ')}`);
    do this.#expect('value', this.#sum());
    while (this.#take(','));
    this.#demand(')');
    return 'value';
  }

  get #next(): string | undefined {
    return this.#tokens[this.#at];
  }

  #take(token: string): boolean {
    if (this.#next !== token) return false;
    this.#at++;
    return true;
  }

  #demand(token: string): void {
    if (!this.#take(token)) throw new Fault(`${token} is missing before ${this.#next ?? 'its end'}`);
  }

  #expect(wanted: Kind, found: Kind): Kind {
    if (wanted === found) return found;
    throw new Fault(
      wanted === 'condition' ? 'a value stands where a condition should' : 'a condition stands where a value should',
    );
  }
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  const pattern = /\s*('(?:[^']|'')*'|\d+(?:\.\d+)?|[A-Za-z_]\w*|<>|<=|>=|[=<>+\-*/(),])/y;
  while (text.slice(pattern.lastIndex).trim() !== '') {
    const from = pattern.lastIndex;
    const token = pattern.exec(text)?.[1];
    if (token === undefined) throw new Fault(`it cannot be read from "${text.slice(from).trim()}"`);
    tokens.push(token.startsWith("'") ? token : token.toLowerCase());
  }
  return tokens;
}
