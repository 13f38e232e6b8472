export type ControlColumn = { name: string; type: string; description: string };
/** A table of `controle` that is exported from the control database; the first column is the slot, the last its date. */
export type ControlTable = { name: string; description: string; columns: ControlColumn[] };

type Own = readonly (readonly [name: string, type: string, description: string])[];

const RUN: Own = [
  ['execucao', 'bigint', 'Número da execução; uma por tentativa de um slot'],
  ['tentativa', 'int', 'Tentativa do slot: a primeira é a 1'],
];
const LAYER: Own = [['camada', 'string', 'Etapa da execução: raw, trusted, refined ou publish (a publicação)']];

/** `own` are the columns between the slot and its date. */
function table(name: string, description: string, own: Own): ControlTable {
  const columns = own.map(([column, type, text]) => ({ name: column, type, description: text }));
  return {
    name,
    description,
    columns: [
      { name: 'slot', type: 'timestamp', description: 'Instante do slot, em UTC' },
      ...columns,
      { name: 'data_referencia', type: 'date', description: 'Data do slot em São Paulo' },
    ],
  };
}

/**
 * What analysts and dashboards read of the process itself. The rows come from the control database by the query of the
 * same name in `control-db/queries/export.ts`; times are UTC.
 */
export const CONTROL_TABLES: readonly ControlTable[] = [
  table('execucoes', 'Execuções do lago: uma linha por tentativa de processar um slot, também as que falharam', [
    ...RUN,
    ['tipo', 'string', 'Quem a iniciou: agendada ou manual; reprocessamento quando refaz slots passados'],
    [
      'situacao',
      'string',
      'aberta, vazia (sem arquivos), substituida (há slot mais novo), publicada, publicada_com_recusas, publicada_sem_confirmacao, falhou ou cancelada',
    ],
    ['mensagem', 'string', 'O que aconteceu, em uma frase (em inglês); nas que falharam, a causa'],
    ['aberta_em', 'timestamp', 'Quando começou a escrever no lago, em UTC'],
    ['encerrada_em', 'timestamp', 'Quando terminou, em UTC; nulo enquanto corre'],
    ['duracao_segundos', 'decimal(18,3)', 'Do começo ao fim, em segundos'],
    ['publicacao', 'bigint', 'Número da publicação que fez; nulo quando nada publicou'],
    ['arquivos', 'bigint', 'Arquivos que chegaram para a execução'],
    ['arquivos_aceitos', 'bigint', 'Arquivos carregados'],
    ['arquivos_recusados', 'bigint', 'Arquivos recusados; o motivo está em arquivos'],
    ['arquivos_retidos', 'bigint', 'Arquivos retidos, à espera de correção'],
    ['linhas_raw', 'bigint', 'Linhas lidas dos arquivos para a camada raw'],
    ['custo_usd', 'decimal(18,6)', 'Custo dos clusters em dólares; nulo até que todos tenham a conta fechada'],
  ]),
  table('arquivos', 'Todos os arquivos já vistos na área de entrada, cada um com o que foi feito dele e por quê', [
    ...RUN,
    ['arquivo_id', 'bigint', 'Número do arquivo; é o arquivo_id da quarentena'],
    ['arquivo', 'string', 'Chave do arquivo na área de entrada'],
    ['tabela', 'string', 'Fonte a que pertence, como bureau; nula quando não se reconhece'],
    [
      'situacao',
      'string',
      'em_processamento, aceito, recusado, documento (não é CSV), retido ou devolvido (vai para a próxima execução)',
    ],
    ['motivo', 'string', 'Por que foi recusado ou retido (em inglês)'],
    ['chegou_em', 'timestamp', 'Quando chegou à área de entrada, em UTC'],
    ['bytes', 'bigint', 'Tamanho em bytes'],
    ['registros', 'bigint', 'Registros no arquivo, contados à parte da carga'],
    ['linhas_raw', 'bigint', 'Registros que viraram linhas da camada raw'],
    ['ilegiveis', 'bigint', 'Registros que não se conseguiu ler; estão na quarentena'],
    ['confere', 'boolean', 'Verdadeiro quando registros = linhas_raw + ilegiveis foi provado'],
    ['visto_em', 'timestamp', 'Quando o lago o viu pela primeira vez, em UTC'],
  ]),
  table('cargas', 'O que cada etapa fez em cada tabela: linhas que entraram, mudaram e ficaram de fora', [
    ...RUN,
    ...LAYER,
    ['tabela', 'string', 'Tabela em que a etapa escreveu'],
    ['segundos', 'decimal(18,3)', 'Tempo gasto na tabela, em segundos'],
    ['bytes', 'bigint', 'Bytes gravados'],
    ['registros', 'bigint', 'Na raw: registros nos arquivos'],
    ['linhas_raw', 'bigint', 'Linhas da camada raw: as gravadas (raw) ou as lidas (trusted)'],
    ['ilegiveis', 'bigint', 'Na raw: registros que não se conseguiu ler'],
    ['inseridas', 'bigint', 'Na trusted: chaves novas'],
    ['atualizadas', 'bigint', 'Na trusted: chaves que mudaram'],
    ['inalteradas', 'bigint', 'Na trusted: linhas iguais às que já havia'],
    ['substituidas', 'bigint', 'Na trusted: versões de uma chave que outra da mesma execução substituiu'],
    ['em_quarentena', 'bigint', 'Na trusted: linhas com valor inválido ou sem chave'],
    ['eliminadas', 'bigint', 'Na trusted: linhas deixadas de fora a pedido do titular dos dados'],
    ['linhas_gravadas', 'bigint', 'Linhas que a etapa gravou na tabela'],
    ['linhas_total', 'bigint', 'Linhas da tabela depois da etapa'],
    ['confere', 'boolean', 'Verdadeiro quando a soma das partes foi provada igual ao todo'],
    ['snapshot_antes', 'bigint', 'Snapshot da tabela Iceberg antes da etapa'],
    ['snapshot_depois', 'bigint', 'Snapshot da tabela Iceberg depois da etapa'],
  ]),
  table('auditorias', 'Resultado de cada verificação feita antes de publicar', [
    ...RUN,
    ...LAYER,
    ['tabela', 'string', 'Tabela verificada'],
    ['auditoria', 'string', 'Nome da verificação; o dicionário de dados diz o que cada uma prova'],
    ['gravidade', 'string', 'erro (impede a publicação) ou aviso'],
    ['valor', 'double', 'Valor encontrado'],
    ['limite', 'double', 'Limite com que foi comparado'],
    ['passou', 'boolean', 'Verdadeiro quando o valor respeita o limite'],
  ]),
  table('publicacoes', 'Publicações: os momentos em que os dados novos ficaram visíveis', [
    ...RUN,
    ['publicacao', 'bigint', 'Número da publicação'],
    ['planejada_em', 'timestamp', 'Quando o plano foi gravado, em UTC; daí em diante ela só pode ser completada'],
    ['concluida_em', 'timestamp', 'Quando os dados ficaram visíveis por inteiro, em UTC; nulo enquanto não ficaram'],
    ['confirmada_em', 'timestamp', 'Quando a contagem feita pelo Athena conferiu, em UTC; nulo se não conferiu'],
    ['tabelas', 'bigint', 'Tabelas que mudaram'],
    ['entregas_retidas', 'bigint', 'Entregas (slots) retidas, cujos dados faltam nesta publicação'],
  ]),
  table('publicacoes_tabelas', 'Tabelas de cada publicação, com o snapshot de antes e o de depois', [
    ...RUN,
    ['publicacao', 'bigint', 'Número da publicação'],
    ['tabela', 'string', 'Tabela que mudou, com o banco: trusted.bureau'],
    ['snapshot_antes', 'bigint', 'Snapshot da tabela Iceberg antes da publicação'],
    ['snapshot_depois', 'bigint', 'Snapshot que a publicação tornou visível'],
    ['linhas_esperadas', 'bigint', 'Linhas que o consumidor deve encontrar: da tabela (trusted) ou do slot (refined)'],
  ]),
  table('entregas_retidas', 'O que estava retido quando cada publicação foi feita: os dados que lhe faltam', [
    ...RUN,
    ['publicacao', 'bigint', 'Número da publicação a que os dados faltam'],
    ['slot_retido', 'timestamp', 'Instante do slot da entrega retida, em UTC'],
    ['tabela', 'string', 'Fonte dos arquivos retidos; vazia quando ainda não se reconheceu'],
    ['arquivos', 'int', 'Arquivos retidos'],
    ['motivo', 'string', 'Por que a entrega foi retida (em inglês)'],
  ]),
  table('clusters', 'Clusters EMR de cada execução, com o custo', [
    ...RUN,
    ['cluster', 'string', 'Identificador do cluster no EMR, como j-2AXXXXXXGAPLF'],
    ['finalidade', 'string', 'run (a execução), publish (concluir uma publicação interrompida) ou rebuild (conferir)'],
    ['estado', 'string', 'Estado que o EMR deu por último, como TERMINATED'],
    ['pedido_em', 'timestamp', 'Quando foi pedido, em UTC'],
    ['encerrado_em', 'timestamp', 'Quando terminou, em UTC'],
    ['horas_maquina', 'decimal(18,6)', 'Horas cobradas, somadas sobre as máquinas; nulo até a conta fechar'],
    ['custo_usd', 'decimal(18,6)', 'Custo em dólares; nulo até a conta fechar ou se falta um preço'],
  ]),
  table('etapas', 'Etapas (steps) que os clusters EMR rodaram', [
    ...RUN,
    ['cluster', 'string', 'Identificador do cluster no EMR'],
    ['etapa', 'string', 'Identificador da etapa no EMR'],
    ['camada', 'string', 'Camada da etapa: raw, trusted, refined, publish ou rebuild'],
    ['estado', 'string', 'Estado que o EMR deu por último, como COMPLETED'],
    ['iniciada_em', 'timestamp', 'Quando começou, em UTC'],
    ['encerrada_em', 'timestamp', 'Quando terminou, em UTC'],
    ['log', 'string', 'Onde está o log, no S3'],
  ]),
  table('quarentena_anotacoes', 'O que uma pessoa apurou sobre uma linha da quarentena, que com isso está resolvida', [
    ...RUN,
    ['arquivo_id', 'bigint', 'Número do arquivo da linha'],
    ['linha', 'bigint', 'Linha do arquivo em que o registro começa; a primeira, do cabeçalho, é a 1'],
    ['anotacao', 'string', 'O que se apurou'],
    ['anotada_por', 'string', 'Quem anotou'],
    ['anotada_em', 'timestamp', 'Quando, em UTC'],
  ]),
];

/** The partition of every exported table: few enough for Athena to look into each, whatever a query asks for. */
export const CONTROL_PARTITION: ControlColumn = {
  name: 'mes',
  type: 'string',
  description: 'Mês do slot em São Paulo, como 2026-01: limita o que o Athena lê',
};

export const CONTROL_VIEW = {
  name: 'quarentena_situacao',
  description:
    'Linhas da quarentena e o que as resolveu: uma linha boa da mesma chave, publicada depois, ou a anotação de uma pessoa',
  columns: [
    { name: 'tabela', type: 'string', description: 'Tabela à qual a linha pertencia' },
    { name: 'slot', type: 'timestamp', description: 'Instante da execução que recebeu a linha, em UTC' },
    { name: 'camada', type: 'string', description: 'Camada que separou a linha: raw (ilegível) ou trusted (inválida)' },
    { name: 'arquivo_id', type: 'bigint', description: 'Número do arquivo de origem, como em arquivos' },
    { name: 'arquivo', type: 'string', description: 'Chave do arquivo de origem na área de entrada' },
    { name: 'registro', type: 'bigint', description: 'Número do registro no arquivo, sem contar o cabeçalho' },
    { name: 'linha', type: 'bigint', description: 'Linha do arquivo em que o registro começa' },
    { name: 'regras', type: 'string', description: 'Coluna e regra não cumprida; os valores estão em quarentena' },
    { name: 'situacao', type: 'string', description: 'aberta ou resolvida' },
    { name: 'resolvida_por', type: 'string', description: 'linha_posterior ou anotacao; nulo se aberta' },
    {
      name: 'resolvida_no_slot',
      type: 'timestamp',
      description: 'Instante do primeiro slot publicado, em UTC, que trouxe uma linha boa da mesma chave',
    },
    { name: 'anotacao', type: 'string', description: 'O que uma pessoa apurou; aparece depois da execução seguinte' },
    { name: 'anotada_por', type: 'string', description: 'Quem anotou' },
    { name: 'anotada_em', type: 'timestamp', description: 'Quando anotou, em UTC' },
  ] satisfies ControlColumn[],
};
