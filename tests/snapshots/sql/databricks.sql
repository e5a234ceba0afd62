-- weekly
SELECT
  `t3`.`_period`,
  `t3`.`channel`,
  CAST(SUM(`t3`.`sessions`) AS DOUBLE) AS `sessions`,
  CAST(SUM(`t3`.`spend`) AS DOUBLE) AS `spend`,
  SUM(IF(ISNAN(`t3`.`revenue`), NULL, `t3`.`revenue`)) AS `revenue`,
  CAST(NULLIF(COUNT(DISTINCT `t3`.`visitors`), 0) AS DOUBLE) AS `visitors`,
  CAST(SUM(`t3`.`reach`) AS DOUBLE) AS `reach`,
  SUM(IF((
    `t3`.`reach` IS NULL
  ) OR (
    `t3`.`reach` <> 0
  ), 1, 0)) AS `_count_reach`,
  CAST(SUM(IF(`t3`.`date` = `t3`.`_last_followers`, `t3`.`followers`, NULL)) AS DOUBLE) AS `followers`,
  TRY_DIVIDE(
    SUM(
      IF(ISNAN(`t3`.`position`), NULL, `t3`.`position`) * CAST(`t3`.`search_impressions` AS DOUBLE)
    ),
    NULLIF(
      SUM(
        IF(
          IF(ISNAN(`t3`.`position`), NULL, `t3`.`position`) IS NOT NULL
          AND NOT ISNAN(IF(ISNAN(`t3`.`position`), NULL, `t3`.`position`)),
          CAST(`t3`.`search_impressions` AS DOUBLE),
          NULL
        )
      ),
      0
    )
  ) AS `position`,
  SUM(
    IF(
      IF(ISNAN(`t3`.`position`), NULL, `t3`.`position`) IS NOT NULL
      AND NOT ISNAN(IF(ISNAN(`t3`.`position`), NULL, `t3`.`position`))
      AND (
        CAST(`t3`.`search_impressions` AS DOUBLE) IS NULL
        OR ISNAN(CAST(`t3`.`search_impressions` AS DOUBLE))
      ),
      1,
      0
    )
  ) AS `_count_position`,
  CAST(SUM(`t3`.`search_impressions`) AS DOUBLE) AS `search_impressions`,
  CAST(SUM(`t3`.`orders`) AS DOUBLE) AS `orders`,
  AVG(`t3`.`_middle_basket`) AS `basket`,
  AVG(`t3`.`_middle_daily_spend`) AS `daily_spend`,
  AVG(`t3`.`_middle_wait`) AS `wait`
FROM (
  SELECT
    `t2`.`date`,
    `t2`.`channel`,
    `t2`.`campaign`,
    `t2`.`paid`,
    `t2`.`sessions`,
    `t2`.`spend`,
    `t2`.`revenue`,
    `t2`.`visitors`,
    `t2`.`reach`,
    `t2`.`followers`,
    `t2`.`position`,
    `t2`.`search_impressions`,
    `t2`.`orders`,
    `t2`.`basket`,
    `t2`.`daily_spend`,
    `t2`.`wait`,
    `t2`.`_period`,
    `t2`.`_last_followers`,
    IF(
      ABS(
        (
          (
            ROW_NUMBER() OVER (
              PARTITION BY `t2`.`_period`, `t2`.`channel`
              ORDER BY IF(ISNAN(`t2`.`basket`), NULL, `t2`.`basket`) ASC NULLS LAST
            ) - 1
          ) * 2
        ) - (
          COUNT(IF(ISNAN(`t2`.`basket`), NULL, `t2`.`basket`)) OVER (
            PARTITION BY `t2`.`_period`, `t2`.`channel`
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
          ) - 1
        )
      ) <= 1,
      IF(ISNAN(`t2`.`basket`), NULL, `t2`.`basket`),
      NULL
    ) AS `_middle_basket`,
    IF(
      ABS(
        (
          (
            ROW_NUMBER() OVER (
              PARTITION BY `t2`.`_period`, `t2`.`channel`
              ORDER BY CAST(`t2`.`daily_spend` AS DOUBLE) ASC NULLS LAST
            ) - 1
          ) * 2
        ) - (
          COUNT(CAST(`t2`.`daily_spend` AS DOUBLE)) OVER (
            PARTITION BY `t2`.`_period`, `t2`.`channel`
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
          ) - 1
        )
      ) <= 1,
      CAST(`t2`.`daily_spend` AS DOUBLE),
      NULL
    ) AS `_middle_daily_spend`,
    IF(
      ABS(
        (
          (
            ROW_NUMBER() OVER (
              PARTITION BY `t2`.`_period`, `t2`.`channel`
              ORDER BY CAST(`t2`.`wait` AS DOUBLE) ASC NULLS LAST
            ) - 1
          ) * 2
        ) - (
          COUNT(CAST(`t2`.`wait` AS DOUBLE)) OVER (
            PARTITION BY `t2`.`_period`, `t2`.`channel`
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
          ) - 1
        )
      ) <= 1,
      CAST(`t2`.`wait` AS DOUBLE),
      NULL
    ) AS `_middle_wait`
  FROM (
    SELECT
      `t1`.`date`,
      `t1`.`channel`,
      `t1`.`campaign`,
      `t1`.`paid`,
      `t1`.`sessions`,
      `t1`.`spend`,
      `t1`.`revenue`,
      `t1`.`visitors`,
      `t1`.`reach`,
      `t1`.`followers`,
      `t1`.`position`,
      `t1`.`search_impressions`,
      `t1`.`orders`,
      `t1`.`basket`,
      `t1`.`daily_spend`,
      `t1`.`wait`,
      `t1`.`_period`,
      MAX(IF(`t1`.`followers` IS NOT NULL, `t1`.`date`, NULL)) OVER (
        PARTITION BY `t1`.`_period`, `t1`.`channel`, `t1`.`campaign`, `t1`.`paid`
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
      ) AS `_last_followers`
    FROM (
      SELECT
        `t0`.`day` AS `date`,
        `t0`.`channel`,
        `t0`.`campaign`,
        IF(`t0`.`paid` IS NULL, NULL, IF(`t0`.`paid`, 'true', 'false')) AS `paid`,
        `t0`.`n_sessions` AS `sessions`,
        `t0`.`amount` AS `spend`,
        `t0`.`turnover` AS `revenue`,
        `t0`.`visitor` AS `visitors`,
        `t0`.`reach`,
        `t0`.`fans` AS `followers`,
        `t0`.`place` AS `position`,
        `t0`.`shown` AS `search_impressions`,
        1 AS `orders`,
        `t0`.`turnover` AS `basket`,
        `t0`.`amount` AS `daily_spend`,
        `t0`.`shown` AS `wait`,
        CAST(DATE_TRUNC('week', CAST(`t0`.`day` AS TIMESTAMP)) AS DATE) AS `_period`
      FROM `figures` AS `t0`
      WHERE
        (
          `t0`.`channel` IN ('e-mail') OR (
            `t0`.`channel` IS NULL
          )
        )
        AND `t0`.`day` IS NOT NULL
        AND `t0`.`day` >= MAKE_DATE(2024, 1, 1)
        AND `t0`.`day` <= MAKE_DATE(2024, 12, 31)
    ) AS `t1`
  ) AS `t2`
) AS `t3`
GROUP BY
  1,
  2;

-- quarterly
SELECT
  `t3`.`_period`,
  `t3`.`channel`,
  CAST(SUM(`t3`.`sessions`) AS DOUBLE) AS `sessions`,
  CAST(SUM(`t3`.`spend`) AS DOUBLE) AS `spend`,
  SUM(IF(ISNAN(`t3`.`revenue`), NULL, `t3`.`revenue`)) AS `revenue`,
  CAST(NULLIF(COUNT(DISTINCT `t3`.`visitors`), 0) AS DOUBLE) AS `visitors`,
  CAST(SUM(`t3`.`reach`) AS DOUBLE) AS `reach`,
  SUM(IF((
    `t3`.`reach` IS NULL
  ) OR (
    `t3`.`reach` <> 0
  ), 1, 0)) AS `_count_reach`,
  CAST(SUM(IF(`t3`.`date` = `t3`.`_last_followers`, `t3`.`followers`, NULL)) AS DOUBLE) AS `followers`,
  TRY_DIVIDE(
    SUM(
      IF(ISNAN(`t3`.`position`), NULL, `t3`.`position`) * CAST(`t3`.`search_impressions` AS DOUBLE)
    ),
    NULLIF(
      SUM(
        IF(
          IF(ISNAN(`t3`.`position`), NULL, `t3`.`position`) IS NOT NULL
          AND NOT ISNAN(IF(ISNAN(`t3`.`position`), NULL, `t3`.`position`)),
          CAST(`t3`.`search_impressions` AS DOUBLE),
          NULL
        )
      ),
      0
    )
  ) AS `position`,
  SUM(
    IF(
      IF(ISNAN(`t3`.`position`), NULL, `t3`.`position`) IS NOT NULL
      AND NOT ISNAN(IF(ISNAN(`t3`.`position`), NULL, `t3`.`position`))
      AND (
        CAST(`t3`.`search_impressions` AS DOUBLE) IS NULL
        OR ISNAN(CAST(`t3`.`search_impressions` AS DOUBLE))
      ),
      1,
      0
    )
  ) AS `_count_position`,
  CAST(SUM(`t3`.`search_impressions`) AS DOUBLE) AS `search_impressions`,
  CAST(SUM(`t3`.`orders`) AS DOUBLE) AS `orders`,
  AVG(`t3`.`_middle_basket`) AS `basket`,
  AVG(`t3`.`_middle_daily_spend`) AS `daily_spend`,
  AVG(`t3`.`_middle_wait`) AS `wait`
FROM (
  SELECT
    `t2`.`date`,
    `t2`.`channel`,
    `t2`.`campaign`,
    `t2`.`paid`,
    `t2`.`sessions`,
    `t2`.`spend`,
    `t2`.`revenue`,
    `t2`.`visitors`,
    `t2`.`reach`,
    `t2`.`followers`,
    `t2`.`position`,
    `t2`.`search_impressions`,
    `t2`.`orders`,
    `t2`.`basket`,
    `t2`.`daily_spend`,
    `t2`.`wait`,
    `t2`.`_period`,
    `t2`.`_last_followers`,
    IF(
      ABS(
        (
          (
            ROW_NUMBER() OVER (
              PARTITION BY `t2`.`_period`, `t2`.`channel`
              ORDER BY IF(ISNAN(`t2`.`basket`), NULL, `t2`.`basket`) ASC NULLS LAST
            ) - 1
          ) * 2
        ) - (
          COUNT(IF(ISNAN(`t2`.`basket`), NULL, `t2`.`basket`)) OVER (
            PARTITION BY `t2`.`_period`, `t2`.`channel`
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
          ) - 1
        )
      ) <= 1,
      IF(ISNAN(`t2`.`basket`), NULL, `t2`.`basket`),
      NULL
    ) AS `_middle_basket`,
    IF(
      ABS(
        (
          (
            ROW_NUMBER() OVER (
              PARTITION BY `t2`.`_period`, `t2`.`channel`
              ORDER BY CAST(`t2`.`daily_spend` AS DOUBLE) ASC NULLS LAST
            ) - 1
          ) * 2
        ) - (
          COUNT(CAST(`t2`.`daily_spend` AS DOUBLE)) OVER (
            PARTITION BY `t2`.`_period`, `t2`.`channel`
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
          ) - 1
        )
      ) <= 1,
      CAST(`t2`.`daily_spend` AS DOUBLE),
      NULL
    ) AS `_middle_daily_spend`,
    IF(
      ABS(
        (
          (
            ROW_NUMBER() OVER (
              PARTITION BY `t2`.`_period`, `t2`.`channel`
              ORDER BY CAST(`t2`.`wait` AS DOUBLE) ASC NULLS LAST
            ) - 1
          ) * 2
        ) - (
          COUNT(CAST(`t2`.`wait` AS DOUBLE)) OVER (
            PARTITION BY `t2`.`_period`, `t2`.`channel`
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
          ) - 1
        )
      ) <= 1,
      CAST(`t2`.`wait` AS DOUBLE),
      NULL
    ) AS `_middle_wait`
  FROM (
    SELECT
      `t1`.`date`,
      `t1`.`channel`,
      `t1`.`campaign`,
      `t1`.`paid`,
      `t1`.`sessions`,
      `t1`.`spend`,
      `t1`.`revenue`,
      `t1`.`visitors`,
      `t1`.`reach`,
      `t1`.`followers`,
      `t1`.`position`,
      `t1`.`search_impressions`,
      `t1`.`orders`,
      `t1`.`basket`,
      `t1`.`daily_spend`,
      `t1`.`wait`,
      `t1`.`_period`,
      MAX(IF(`t1`.`followers` IS NOT NULL, `t1`.`date`, NULL)) OVER (
        PARTITION BY `t1`.`_period`, `t1`.`channel`, `t1`.`campaign`, `t1`.`paid`
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
      ) AS `_last_followers`
    FROM (
      SELECT
        `t0`.`day` AS `date`,
        `t0`.`channel`,
        `t0`.`campaign`,
        IF(`t0`.`paid` IS NULL, NULL, IF(`t0`.`paid`, 'true', 'false')) AS `paid`,
        `t0`.`n_sessions` AS `sessions`,
        `t0`.`amount` AS `spend`,
        `t0`.`turnover` AS `revenue`,
        `t0`.`visitor` AS `visitors`,
        `t0`.`reach`,
        `t0`.`fans` AS `followers`,
        `t0`.`place` AS `position`,
        `t0`.`shown` AS `search_impressions`,
        1 AS `orders`,
        `t0`.`turnover` AS `basket`,
        `t0`.`amount` AS `daily_spend`,
        `t0`.`shown` AS `wait`,
        (
          (
            (
              CAST(EXTRACT(year FROM `t0`.`day`) AS BIGINT) * 12
            ) + CAST(EXTRACT(month FROM `t0`.`day`) AS BIGINT)
          ) - 1
        ) - (
          (
            (
              (
                (
                  CAST(EXTRACT(year FROM `t0`.`day`) AS BIGINT) * 12
                ) + CAST(EXTRACT(month FROM `t0`.`day`) AS BIGINT)
              ) - 1
            ) - 3
          ) % 3
        ) AS `_period`
      FROM `figures` AS `t0`
      WHERE
        (
          `t0`.`channel` IN ('e-mail') OR (
            `t0`.`channel` IS NULL
          )
        )
        AND `t0`.`day` IS NOT NULL
        AND `t0`.`day` >= MAKE_DATE(2024, 1, 1)
        AND `t0`.`day` <= MAKE_DATE(2024, 12, 31)
    ) AS `t1`
  ) AS `t2`
) AS `t3`
GROUP BY
  1,
  2;

-- spans
SELECT DISTINCT
  `t1`.`_period`,
  `t1`.`_until`,
  `t1`.`channel`
FROM (
  SELECT
    `t0`.`day` AS `date`,
    COALESCE(`t0`.`until_day`, `t0`.`day`) AS `date_end`,
    `t0`.`channel`,
    `t0`.`campaign`,
    IF(`t0`.`paid` IS NULL, NULL, IF(`t0`.`paid`, 'true', 'false')) AS `paid`,
    `t0`.`n_sessions` AS `sessions`,
    `t0`.`amount` AS `spend`,
    `t0`.`turnover` AS `revenue`,
    `t0`.`visitor` AS `visitors`,
    `t0`.`reach`,
    `t0`.`fans` AS `followers`,
    `t0`.`place` AS `position`,
    `t0`.`shown` AS `search_impressions`,
    1 AS `orders`,
    `t0`.`turnover` AS `basket`,
    `t0`.`amount` AS `daily_spend`,
    `t0`.`shown` AS `wait`,
    CAST(DATE_TRUNC(
      'week',
      CAST(IF(`t0`.`day` < MAKE_DATE(2024, 1, 1), MAKE_DATE(2024, 1, 1), `t0`.`day`) AS TIMESTAMP)
    ) AS DATE) AS `_period`,
    CAST(DATE_TRUNC(
      'week',
      CAST(IF(
        COALESCE(`t0`.`until_day`, `t0`.`day`) > MAKE_DATE(2024, 12, 31),
        MAKE_DATE(2024, 12, 31),
        COALESCE(`t0`.`until_day`, `t0`.`day`)
      ) AS TIMESTAMP)
    ) AS DATE) AS `_until`,
    (
      `t0`.`day` < MAKE_DATE(2024, 1, 1)
    )
    OR (
      COALESCE(`t0`.`until_day`, `t0`.`day`) > MAKE_DATE(2024, 12, 31)
    ) AS `_outside`
  FROM `figures` AS `t0`
  WHERE
    `t0`.`day` IS NOT NULL
    AND COALESCE(`t0`.`until_day`, `t0`.`day`) >= MAKE_DATE(2024, 1, 1)
    AND `t0`.`day` <= MAKE_DATE(2024, 12, 31)
) AS `t1`
WHERE
  `t1`.`_outside` OR (
    `t1`.`_period` <> `t1`.`_until`
  );

-- stock groups
SELECT
  `t6`.`_period`,
  `t6`.`channel`,
  COUNT(*) AS `present`,
  SUM(IF(`t6`.`_period` = `t6`.`_begin`, 1, 0)) AS `begun`,
  SUM(IF((
    `t6`.`_period` = `t6`.`_end`
  ) AND (
    `t6`.`_value` = 0
  ), 1, 0)) AS `ended`
FROM (
  SELECT
    `t5`.`_period`,
    `t5`.`channel`,
    `t5`.`campaign`,
    `t5`.`paid`,
    `t5`.`_value`,
    MIN(`t5`.`_period`) OVER (
      PARTITION BY `t5`.`channel`, `t5`.`campaign`, `t5`.`paid`
      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) AS `_begin`,
    MAX(`t5`.`_period`) OVER (
      PARTITION BY `t5`.`channel`, `t5`.`campaign`, `t5`.`paid`
      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) AS `_end`
  FROM (
    SELECT
      *
    FROM (
      SELECT
        `t3`.`_period`,
        `t3`.`channel`,
        `t3`.`campaign`,
        `t3`.`paid`,
        SUM(`t3`.`followers`) AS `_value`
      FROM (
        SELECT
          *
        FROM (
          SELECT
            `t1`.`date`,
            `t1`.`channel`,
            `t1`.`campaign`,
            `t1`.`paid`,
            `t1`.`sessions`,
            `t1`.`spend`,
            `t1`.`revenue`,
            `t1`.`visitors`,
            `t1`.`reach`,
            `t1`.`followers`,
            `t1`.`position`,
            `t1`.`search_impressions`,
            `t1`.`orders`,
            `t1`.`basket`,
            `t1`.`daily_spend`,
            `t1`.`wait`,
            `t1`.`_period`,
            MAX(IF(`t1`.`followers` IS NOT NULL, `t1`.`date`, NULL)) OVER (
              PARTITION BY `t1`.`_period`, `t1`.`channel`, `t1`.`campaign`, `t1`.`paid`
              ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
            ) AS `_last`
          FROM (
            SELECT
              `t0`.`day` AS `date`,
              `t0`.`channel`,
              `t0`.`campaign`,
              IF(`t0`.`paid` IS NULL, NULL, IF(`t0`.`paid`, 'true', 'false')) AS `paid`,
              `t0`.`n_sessions` AS `sessions`,
              `t0`.`amount` AS `spend`,
              `t0`.`turnover` AS `revenue`,
              `t0`.`visitor` AS `visitors`,
              `t0`.`reach`,
              `t0`.`fans` AS `followers`,
              `t0`.`place` AS `position`,
              `t0`.`shown` AS `search_impressions`,
              1 AS `orders`,
              `t0`.`turnover` AS `basket`,
              `t0`.`amount` AS `daily_spend`,
              `t0`.`shown` AS `wait`,
              (
                (
                  (
                    CAST(EXTRACT(year FROM `t0`.`day`) AS BIGINT) * 12
                  ) + CAST(EXTRACT(month FROM `t0`.`day`) AS BIGINT)
                ) - 1
              ) - (
                (
                  (
                    (
                      (
                        CAST(EXTRACT(year FROM `t0`.`day`) AS BIGINT) * 12
                      ) + CAST(EXTRACT(month FROM `t0`.`day`) AS BIGINT)
                    ) - 1
                  ) - 3
                ) % 3
              ) AS `_period`
            FROM `figures` AS `t0`
            WHERE
              (
                `t0`.`channel` IN ('e-mail') OR (
                  `t0`.`channel` IS NULL
                )
              )
              AND `t0`.`day` IS NOT NULL
              AND `t0`.`day` >= MAKE_DATE(2024, 1, 1)
              AND `t0`.`day` <= MAKE_DATE(2024, 12, 31)
          ) AS `t1`
        ) AS `t2`
        WHERE
          `t2`.`date` = `t2`.`_last`
      ) AS `t3`
      GROUP BY
        1,
        2,
        3,
        4
    ) AS `t4`
    WHERE
      `t4`.`_value` IS NOT NULL
  ) AS `t5`
) AS `t6`
GROUP BY
  1,
  2;

-- totals
SELECT
  COUNT(*) AS `rows`,
  SUM(IF(`t1`.`date` IS NULL, 1, 0)) AS `undated`,
  SUM(
    IF(
      (
        `t1`.`date` IS NOT NULL
      )
      AND (
        `t1`.`date` >= MAKE_DATE(2024, 1, 1)
      )
      AND (
        `t1`.`date` <= MAKE_DATE(2024, 12, 31)
      )
      AND (
        `t1`.`channel` IN ('e-mail') OR (
          `t1`.`channel` IS NULL
        )
      ),
      1,
      0
    )
  ) AS `used`,
  MIN(`t1`.`date`) AS `first`,
  MAX(`t1`.`date`) AS `last`
FROM (
  SELECT
    `t0`.`day` AS `date`,
    `t0`.`channel`,
    `t0`.`campaign`,
    IF(`t0`.`paid` IS NULL, NULL, IF(`t0`.`paid`, 'true', 'false')) AS `paid`,
    `t0`.`n_sessions` AS `sessions`,
    `t0`.`amount` AS `spend`,
    `t0`.`turnover` AS `revenue`,
    `t0`.`visitor` AS `visitors`,
    `t0`.`reach`,
    `t0`.`fans` AS `followers`,
    `t0`.`place` AS `position`,
    `t0`.`shown` AS `search_impressions`,
    1 AS `orders`,
    `t0`.`turnover` AS `basket`,
    `t0`.`amount` AS `daily_spend`,
    `t0`.`shown` AS `wait`
  FROM `figures` AS `t0`
) AS `t1`;
