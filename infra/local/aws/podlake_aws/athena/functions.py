"""The names of Trino's functions: those that are translated, and those that are left out here."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words that stand before a parenthesis without being functions.
KEYWORDS = _words(
    """all and any bernoulli array as between by case cast char cube decimal distinct else except exists explain extract filter
    from group grouping having in intersect is join lateral like limit map not offset on or order over partition
    range recursive rollup row rows select sets some struct system then time timestamp tinyint try_cast union unnest using
    values varbinary varchar view when where with within escape interval"""
)

KNOWN = _words(
    """abs acos any_value approx_distinct approx_percentile arbitrary array_agg array_join array_max array_min
    array_sort asin at_timezone atan atan2 avg bitwise_and bitwise_not bitwise_or bitwise_xor bool_and bool_or
    cardinality cbrt ceil ceiling chr coalesce concat concat_ws contains corr cos cosh count count_if covar_pop
    covar_samp cume_dist current_date current_timestamp date date_add date_diff date_format date_parse
    date_trunc day day_of_month day_of_week day_of_year degrees dense_rank dow doy element_at ends_with every
    exp filter first_value flatten floor format from_hex from_iso8601_date from_iso8601_timestamp from_unixtime
    from_utf8 geometric_mean greatest grouping hour if infinity is_finite is_infinite is_nan json_extract
    json_extract_scalar json_format json_parse kurtosis lag last_day_of_month last_value lead least length
    levenshtein_distance listagg ln localtimestamp log log10 log2 lower lpad ltrim map map_agg map_keys
    map_values max max_by md5 millisecond min min_by minute mod month nan now nth_value ntile nullif
    percent_rank pi position pow power quarter radians rand random rank regexp_extract regexp_extract_all
    regexp_like regexp_replace regr_intercept regr_slope repeat replace reverse round row_number rpad rtrim
    second sequence sha256 sign sin sinh skewness slice split split_part sqrt starts_with stddev stddev_pop
    stddev_samp strpos substr substring sum tan tanh to_hex to_iso8601 to_unixtime to_utf8 transform translate
    trim truncate try typeof unnest upper uuid var_pop var_samp variance week week_of_year year year_of_week"""
)

# Athena has these too; a query with one of them is told so, rather than that the function does not exist.
ELSEWHERE = _words(
    """all_match any_match approx_most_frequent approx_set array_distinct array_except array_frequency array_intersect
    array_position array_remove array_union arrays_overlap bar beta_cdf bing_tile bit_count bitwise_left_shift
    bitwise_right_shift checksum classify codepoint color combinations convert cosine_similarity crc32
    current_timezone date_diff_millis e empty_approx_set evaluate_classifier_predictions format_datetime
    format_number from_base from_base32 from_base64 from_base64url from_big_endian_32 from_big_endian_64
    from_geojson_geometry hamming_distance hash_counts histogram hmac_md5 hmac_sha1 hmac_sha256 hmac_sha512
    human_readable_seconds inverse_normal_cdf is_json_scalar jaccard_index json_array json_array_contains
    json_array_get json_array_length json_exists json_object json_query json_size json_value learn_classifier
    learn_regressor luhn_check make_set_digest map_concat map_entries map_filter map_from_entries map_union
    map_zip_with merge multimap_agg multimap_from_entries murmur3 ngrams none_match normal_cdf normalize
    numeric_histogram parse_data_size parse_datetime parse_duration parse_presto_data_size qdigest_agg reduce
    reduce_agg regexp_count regexp_position regexp_split regr_avgx render rgb sha1 sha512 shuffle soundex
    split_to_map split_to_multimap spooky_hash_v2_32 st_area st_contains st_distance st_point tdigest_agg
    timezone_hour timezone_minute to_base to_base32 to_base64 to_base64url to_big_endian_32 to_char to_date
    to_milliseconds to_timestamp transform_keys transform_values trim_array url_decode url_encode
    url_extract_fragment url_extract_host url_extract_parameter url_extract_path url_extract_port
    url_extract_protocol url_extract_query value_at_quantile values_at_quantiles width_bucket
    wilson_interval_lower wilson_interval_upper with_timezone word_stem xxhash64 yow zip zip_with"""
)
