"""The thirteen tables of the indicators, reckoned from the folded rows by plain Python: written from their definitions alone."""

from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor

from independent_fold import db, one

NOT_INFORMED = "Não informado"


def half_up(value: Fraction, digits: int) -> str:
    scaled = floor(abs(value) * 10**digits + Fraction(1, 2))
    return f"{Decimal(scaled if value >= 0 else -scaled).scaleb(-digits):.{digits}f}"


def rate(part: int | Decimal, whole: int | Decimal) -> str | None:
    return half_up(Fraction(part) / Fraction(whole), 6) if whole else None


def default_rate() -> list[list]:
    defaults, known = one(
        "select count(*) filter (t = 1), count(*) filter (t in (0, 1)) "
        "from (select cast(TARGET as double) as t from state_application_train)"
    )
    return [[defaults, known, rate(defaults, known)]]


def mean_loan() -> list[list]:
    loans = db.execute(
        f"select coalesce(NAME_CONTRACT_TYPE, '{NOT_INFORMED}'), cast(trim(AMT_CREDIT) as decimal(18, 3)) "
        "from state_application_train"
    ).fetchall()
    rows = []
    for group in ["Todos", *sorted({kind for kind, _ in loans})]:
        of_group = [amount for kind, amount in loans if group in ("Todos", kind)]
        amounts = sorted(Fraction(amount) for amount in of_group if amount is not None)
        middle = amounts[(len(amounts) - 1) // 2 : len(amounts) // 2 + 1]
        mean = half_up(sum(amounts) / len(amounts), 2) if amounts else None
        median = half_up(sum(middle) / len(middle), 2) if amounts else None
        rows.append([group, len(of_group), len(amounts), half_up(sum(amounts, Fraction(0)), 3), mean, median])
    return rows


def approval_rate() -> list[list]:
    counts = ["count(*)"]
    counts += [f"count(*) filter (s = '{s}')" for s in ("Approved", "Refused", "Canceled", "Unused offer")]
    groups = db.execute(
        f"select kind, {', '.join(counts)} from (select coalesce(NAME_CONTRACT_TYPE, '{NOT_INFORMED}') as kind, "
        "NAME_CONTRACT_STATUS as s from state_previous_application) group by grouping sets ((kind), ())"
    ).fetchall()
    return [
        [kind or "Todos", received, approved, *rest, rate(approved, received)]
        for kind, received, approved, *rest in groups
    ]


def market_credits() -> list[list]:
    groups = db.execute(
        f"select coalesce(CREDIT_TYPE, '{NOT_INFORMED}'), coalesce(CREDIT_CURRENCY, '{NOT_INFORMED}'), count(*), "
        "coalesce(sum(cast(trim(AMT_CREDIT_SUM) as decimal(18, 3))), 0) from state_bureau group by all"
    ).fetchall()
    credits = sum(count for _, _, count, _ in groups)
    totals = {currency: sum(v for _, c, _, v in groups if c == currency) for _, currency, _, _ in groups}
    return [
        [kind, currency, count, rate(count, credits), half_up(Fraction(value), 3), rate(value, totals[currency])]
        for kind, currency, count, value in groups
    ]


def number(column: str) -> str:
    return f"cast(trim({column}) as decimal(18, 3))"


def whole(column: str) -> str:
    """Whole numbers are also written as `-153.0`."""
    return f"cast(cast(trim({column}) as double) as bigint)"


def applications(train: str, test: str) -> dict[int, tuple]:
    """Clients of train and test, train over test: the columns asked for, by client. Test has no outcome."""
    clients = {}
    for table, columns in (("test", test), ("train", train)):
        for client, *values in db.execute(
            f"select {whole('SK_ID_CURR')}, {columns} from state_application_{table}"
        ).fetchall():
            clients[client] = tuple(values)
    return clients


def outcomes(targets: list[int | None]) -> tuple[int, int, str | None]:
    """Clients with a known outcome, defaulters among them, and their share."""
    known = [target for target in targets if target in (0, 1)]
    return len(known), sum(known), rate(sum(known), len(known))


def mean(values: list, digits: int = 2) -> str | None:
    return half_up(sum(map(Fraction, values)) / len(values), digits) if values else None


def age_bands() -> list[list]:
    birth = whole("DAYS_BIRTH")
    clients = applications(f"{birth}, {whole('TARGET')}", f"{birth}, null")
    bands = {"18-24": 18, "25-34": 25, "35-44": 35, "45-54": 45, "55-64": 55, "65+": 65}
    members: dict[str, list] = {band: [] for band in bands}
    for days, target in clients.values():
        age = None if days is None else floor(Fraction(-days) / Fraction("365.25"))
        reached = [band for band, youngest in bands.items() if age is not None and age >= youngest]
        members.setdefault(reached[-1] if reached else NOT_INFORMED, []).append(target)
    rows = []
    for order, band in enumerate(members, start=1):
        known, defaults, share = outcomes(members[band])
        count = len(members[band])
        rows.append([band, order, count, len(clients), rate(count, len(clients)), known, defaults, share])
    return rows


def refinancing() -> list[list]:
    purpose = "Payments on other loans"
    credits = db.execute(f"select {whole('SK_ID_CURR')}, {whole('CNT_CREDIT_PROLONG')} from state_bureau").fetchall()
    loans = db.execute(
        f"select {whole('SK_ID_CURR')}, NAME_CASH_LOAN_PURPOSE from state_previous_application "
        "where NAME_CONTRACT_STATUS = 'Approved'"
    ).fetchall()
    everyone = {client for client, _ in credits + loans} - {None}
    prolonged = {client for client, times in credits if times is not None and times > 0} - {None}
    paid_off = {client for client, reason in loans if reason == purpose} - {None}
    either = len(prolonged | paid_off)
    for_others = sum(reason == purpose for _, reason in loans)
    clients = [len(everyone), len(prolonged), len(paid_off), either, rate(either, len(everyone))]
    return [[*clients, len(loans), rate(either, len(loans)), for_others, rate(for_others, len(loans))]]


def instalment_delays() -> list[list]:
    outcome_of = f"select {whole('SK_ID_CURR')}, {whole('TARGET')} from state_application_train"
    targets = dict(db.execute(outcome_of).fetchall())
    columns = (
        "SK_ID_PREV",
        "NUM_INSTALMENT_VERSION",
        "NUM_INSTALMENT_NUMBER",
        "SK_ID_CURR",
        "DAYS_INSTALMENT",
        "DAYS_ENTRY_PAYMENT",
    )
    instalments: dict[tuple, list] = {}
    for *key, client, due, paid in db.execute(
        f"select {', '.join(map(whole, columns))} from state_installments_payments"
    ).fetchall():
        instalments.setdefault(tuple(key), []).append((client, due, paid))
    groups = {"Inadimplentes": [1], "Adimplentes": [0], "Todos": [0, 1, None]}
    rows = []
    for order, (group, wanted) in enumerate(groups.items(), start=1):
        count, paid_count, delays = 0, 0, []
        for parts in instalments.values():
            if targets.get(parts[0][0]) not in wanted:
                continue
            count += 1
            payments = [paid for _, _, paid in parts if paid is not None]
            due_days = [due for _, due, _ in parts if due is not None]
            paid_count += bool(payments)
            if payments and due_days and max(payments) > max(due_days):
                delays.append(max(payments) - max(due_days))
        delays.sort()
        middle = delays[(len(delays) - 1) // 2 : len(delays) // 2 + 1] if delays else []
        figures = [count, paid_count, count - paid_count, len(delays), sum(delays), mean(delays), mean(middle)]
        rows.append([group, order, *figures])
    return rows


def bureau_months() -> list[tuple[int, int, str | None]]:
    return db.execute(
        f"select {whole('SK_ID_BUREAU')}, {whole('MONTHS_BALANCE')}, STATUS from state_bureau_balance"
    ).fetchall()


def recovery() -> list[list]:
    credits: dict[int, list] = {}
    for credit, month, status in bureau_months():
        credits.setdefault(credit, []).append((month, status))
    defaulted = recovered = 0
    for history in credits.values():
        history.sort()
        last = max((n for n, (_, status) in enumerate(history) if status in ("4", "5")), default=None)
        if last is not None:
            defaulted += 1
            recovered += any(status in ("0", "C") for _, status in history[last + 1 :])
    return [[defaulted, recovered, rate(recovered, defaulted)]]


def bureau_by_month() -> list[list]:
    months: dict[int, list] = {}
    for _, month, status in bureau_months():
        months.setdefault(month, []).append(status)
    rows = []
    for month, states in months.items():
        known = [status for status in states if status not in (None, "X")]
        late = sum(status in ("4", "5") for status in known)
        rows.append([month, len(known), late, rate(late, len(known))])
    return rows


def segments() -> list[list]:
    clients = db.execute(
        f"select {number('AMT_INCOME_TOTAL')}, cast({whole('REGION_RATING_CLIENT')} as varchar), OCCUPATION_TYPE, "
        f"NAME_EDUCATION_TYPE, {whole('TARGET')}, {number('AMT_CREDIT')} from state_application_train"
    ).fetchall()
    ends = {
        "Até 90.000": 90_000,
        "De 90.000 a 135.000": 135_000,
        "De 135.000 a 180.000": 180_000,
        "De 180.000 a 270.000": 270_000,
    }
    bands = [*ends, "Acima de 270.000"]

    def band(income: Decimal | None) -> str | None:
        return None if income is None else next((name for name, end in ends.items() if income <= end), bands[-1])

    dimensions = {
        "Faixa de renda": lambda c: band(c[0]),
        "Região": lambda c: c[1],
        "Ocupação": lambda c: c[2],
        "Escolaridade": lambda c: c[3],
    }
    rows = []
    for dimension, segment_of in dimensions.items():
        members: dict[str, list] = {}
        for client in clients:
            members.setdefault(segment_of(client) or NOT_INFORMED, []).append(client)
        listed = bands if dimension == "Faixa de renda" else sorted(members.keys() - {NOT_INFORMED})
        if NOT_INFORMED in members:
            listed = [*listed, NOT_INFORMED]
        for order, segment in enumerate(listed, start=1):
            of_segment = members.get(segment, [])
            known, defaults, share = outcomes([client[4] for client in of_segment])
            amounts = [client[5] for client in of_segment if client[5] is not None]
            rows.append([dimension, segment, order, len(of_segment), known, defaults, share, mean(amounts)])
    return rows


def credits_of_clients() -> dict[int, list[tuple]]:
    """State, currency, debt and limit of the bureau credits of each client, those without any included."""
    clients: dict[int, list[tuple]] = {client: [] for client in applications("0", "0")}
    for client, *credit in db.execute(
        f"select {whole('SK_ID_CURR')}, CREDIT_ACTIVE, CREDIT_CURRENCY, {number('AMT_CREDIT_SUM_DEBT')}, "
        f"{number('AMT_CREDIT_SUM_LIMIT')} from state_bureau where SK_ID_CURR is not null"
    ).fetchall():
        clients.setdefault(client, []).append(tuple(credit))
    return clients


def active_credits() -> list[list]:
    incomes = applications(number("AMT_INCOME_TOTAL"), number("AMT_INCOME_TOTAL"))
    rows = []
    for client, credits in credits_of_clients().items():
        active = [credit for credit in credits if credit[0] == "Active"]
        own = [credit for credit in active if credit[1] == "currency 1"]
        debt = sum((Fraction(credit[2] or 0) for credit in own), Fraction(0))
        limit = sum((Fraction(credit[3] or 0) for credit in own), Fraction(0))
        (income,) = incomes.get(client, (None,))
        amounts = [half_up(debt, 3), half_up(limit, 3), None if income is None else half_up(Fraction(income), 3)]
        ratio = half_up(debt / Fraction(income), 6) if income else None
        rows.append([client, len(active), len(credits), *amounts, ratio])
    return rows


def active_credit_counts() -> list[list]:
    clients = [sum(credit[0] == "Active" for credit in credits) for credits in credits_of_clients().values()]
    counts = {count: clients.count(count) for count in set(clients)}
    return [[count, many, len(clients), rate(many, len(clients))] for count, many in counts.items()]


# The rates of the slots played so far; slots that were not published are not played.
default_rates: dict[datetime, str | None] = {}


def default_rate_change(instant: datetime) -> list[list]:
    [[defaults, known, current]] = default_rate()
    row = [current, defaults, known]
    for latest in (instant - timedelta(seconds=1), instant - timedelta(hours=30 * 24)):
        earlier = max((slot for slot in default_rates if slot <= latest), default=None)
        before = default_rates.get(earlier)
        change = None if before is None or current is None else f"{(Decimal(current) - Decimal(before)) * 100:.4f}"
        row += [None if earlier is None else f"{earlier:%Y-%m-%d %H:%M:%S}", before, change]
    default_rates[instant] = current
    return [row]


INDICATORS = {
    "taxa_inadimplencia": default_rate,
    "valor_medio_emprestimo": mean_loan,
    "taxa_aprovacao_credito": approval_rate,
    "distribuicao_idade": age_bands,
    "taxa_refinanciamento": refinancing,
    "tempo_medio_atraso": instalment_delays,
    "taxa_recuperacao": recovery,
    "inadimplencia_mensal_bureau": bureau_by_month,
    "performance_segmentos": segments,
    "creditos_ativos_cliente": active_credits,
    "distribuicao_creditos_ativos": active_credit_counts,
    "tipos_credito_mercado": market_credits,
}
