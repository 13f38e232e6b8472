/**
 * US dollars an hour of the default instance types: on demand as in the public price list of us-east-1, EMR's surcharge at a
 * quarter of it, spot at two fifths. Examples, to be checked: an account sets its own region's prices, discounts included, in
 * `emr.prices`, which takes the place of this whole table.
 */
export const EXAMPLE_PRICES: Record<string, { onDemand: number; spot: number; emr: number }> = {
  'm6g.xlarge': { onDemand: 0.154, spot: 0.0616, emr: 0.0385 },
  'm6g.4xlarge': { onDemand: 0.616, spot: 0.2464, emr: 0.154 },
  'r6g.2xlarge': { onDemand: 0.4032, spot: 0.1613, emr: 0.1008 },
  'r6gd.2xlarge': { onDemand: 0.4608, spot: 0.1843, emr: 0.1152 },
  'r7g.2xlarge': { onDemand: 0.4284, spot: 0.1714, emr: 0.1071 },
};
