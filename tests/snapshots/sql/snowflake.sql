-- weekly
SELECT
  "t2"."_period",
  "t2"."channel",
  CAST(SUM("t2"."sessions") AS DOUBLE) AS "sessions",
  CAST(SUM("t2"."spend") AS DOUBLE) AS "spend",
  SUM(IFF("t2"."revenue" = CAST('NaN' AS DOUBLE), NULL, "t2"."revenue")) AS "revenue",
  CAST(NULLIF(COUNT(DISTINCT "t2"."visitors"), 0) AS DOUBLE) AS "visitors",
  CAST(SUM("t2"."reach") AS DOUBLE) AS "reach",
  SUM(IFF((
    "t2"."reach" IS NULL
  ) OR (
    "t2"."reach" <> 0
  ), 1, 0)) AS "_count_reach",
  CAST(SUM(IFF("t2"."date" = "t2"."_last_followers", "t2"."followers", NULL)) AS DOUBLE) AS "followers",
  SUM(
    IFF("t2"."position" = CAST('NaN' AS DOUBLE), NULL, "t2"."position") * CAST("t2"."search_impressions" AS DOUBLE)
  ) / NULLIF(
    SUM(
      IFF(
        IFF("t2"."position" = CAST('NaN' AS DOUBLE), NULL, "t2"."position") IS NOT NULL,
        CAST("t2"."search_impressions" AS DOUBLE),
        NULL
      )
    ),
    0
  ) AS "position",
  SUM(
    IFF(
      (
        IFF("t2"."position" = CAST('NaN' AS DOUBLE), NULL, "t2"."position") IS NOT NULL
      )
      AND (
        CAST("t2"."search_impressions" AS DOUBLE) IS NULL
      ),
      1,
      0
    )
  ) AS "_count_position",
  CAST(SUM("t2"."search_impressions") AS DOUBLE) AS "search_impressions",
  CAST(SUM("t2"."orders") AS DOUBLE) AS "orders"
FROM (
  SELECT
    "t1"."date",
    "t1"."channel",
    "t1"."campaign",
    "t1"."paid",
    "t1"."sessions",
    "t1"."spend",
    "t1"."revenue",
    "t1"."visitors",
    "t1"."reach",
    "t1"."followers",
    "t1"."position",
    "t1"."search_impressions",
    "t1"."orders",
    "t1"."_period",
    MAX(IFF("t1"."followers" IS NOT NULL, "t1"."date", NULL)) OVER (
      PARTITION BY "t1"."_period", "t1"."channel", "t1"."campaign", "t1"."paid"
      ORDER BY NULL ASC
      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) AS "_last_followers"
  FROM (
    SELECT
      "t0"."day" AS "date",
      "t0"."channel",
      "t0"."campaign",
      IFF("t0"."paid" IS NULL, NULL, IFF("t0"."paid", 'true', 'false')) AS "paid",
      "t0"."n_sessions" AS "sessions",
      "t0"."amount" AS "spend",
      "t0"."turnover" AS "revenue",
      "t0"."visitor" AS "visitors",
      "t0"."reach",
      "t0"."fans" AS "followers",
      "t0"."place" AS "position",
      "t0"."shown" AS "search_impressions",
      1 AS "orders",
      DATEDIFF(DAY, DATE_FROM_PARTS(1000, 1, 6), "t0"."day") - (
        DATEDIFF(DAY, DATE_FROM_PARTS(1000, 1, 6), "t0"."day") % 7
      ) AS "_period"
    FROM "figures" AS "t0"
    WHERE
      (
        "t0"."channel" IN ('e-mail') OR (
          "t0"."channel" IS NULL
        )
      )
      AND "t0"."day" IS NOT NULL
      AND "t0"."day" >= DATE_FROM_PARTS(2024, 1, 1)
      AND "t0"."day" <= DATE_FROM_PARTS(2024, 12, 31)
  ) AS "t1"
) AS "t2"
GROUP BY
  1,
  2;

-- quarterly
SELECT
  "t2"."_period",
  "t2"."channel",
  CAST(SUM("t2"."sessions") AS DOUBLE) AS "sessions",
  CAST(SUM("t2"."spend") AS DOUBLE) AS "spend",
  SUM(IFF("t2"."revenue" = CAST('NaN' AS DOUBLE), NULL, "t2"."revenue")) AS "revenue",
  CAST(NULLIF(COUNT(DISTINCT "t2"."visitors"), 0) AS DOUBLE) AS "visitors",
  CAST(SUM("t2"."reach") AS DOUBLE) AS "reach",
  SUM(IFF((
    "t2"."reach" IS NULL
  ) OR (
    "t2"."reach" <> 0
  ), 1, 0)) AS "_count_reach",
  CAST(SUM(IFF("t2"."date" = "t2"."_last_followers", "t2"."followers", NULL)) AS DOUBLE) AS "followers",
  SUM(
    IFF("t2"."position" = CAST('NaN' AS DOUBLE), NULL, "t2"."position") * CAST("t2"."search_impressions" AS DOUBLE)
  ) / NULLIF(
    SUM(
      IFF(
        IFF("t2"."position" = CAST('NaN' AS DOUBLE), NULL, "t2"."position") IS NOT NULL,
        CAST("t2"."search_impressions" AS DOUBLE),
        NULL
      )
    ),
    0
  ) AS "position",
  SUM(
    IFF(
      (
        IFF("t2"."position" = CAST('NaN' AS DOUBLE), NULL, "t2"."position") IS NOT NULL
      )
      AND (
        CAST("t2"."search_impressions" AS DOUBLE) IS NULL
      ),
      1,
      0
    )
  ) AS "_count_position",
  CAST(SUM("t2"."search_impressions") AS DOUBLE) AS "search_impressions",
  CAST(SUM("t2"."orders") AS DOUBLE) AS "orders"
FROM (
  SELECT
    "t1"."date",
    "t1"."channel",
    "t1"."campaign",
    "t1"."paid",
    "t1"."sessions",
    "t1"."spend",
    "t1"."revenue",
    "t1"."visitors",
    "t1"."reach",
    "t1"."followers",
    "t1"."position",
    "t1"."search_impressions",
    "t1"."orders",
    "t1"."_period",
    MAX(IFF("t1"."followers" IS NOT NULL, "t1"."date", NULL)) OVER (
      PARTITION BY "t1"."_period", "t1"."channel", "t1"."campaign", "t1"."paid"
      ORDER BY NULL ASC
      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) AS "_last_followers"
  FROM (
    SELECT
      "t0"."day" AS "date",
      "t0"."channel",
      "t0"."campaign",
      IFF("t0"."paid" IS NULL, NULL, IFF("t0"."paid", 'true', 'false')) AS "paid",
      "t0"."n_sessions" AS "sessions",
      "t0"."amount" AS "spend",
      "t0"."turnover" AS "revenue",
      "t0"."visitor" AS "visitors",
      "t0"."reach",
      "t0"."fans" AS "followers",
      "t0"."place" AS "position",
      "t0"."shown" AS "search_impressions",
      1 AS "orders",
      (
        (
          (
            CAST(DATE_PART(year, "t0"."day") AS BIGINT) * 12
          ) + CAST(DATE_PART(month, "t0"."day") AS BIGINT)
        ) - 1
      ) - (
        (
          (
            (
              (
                CAST(DATE_PART(year, "t0"."day") AS BIGINT) * 12
              ) + CAST(DATE_PART(month, "t0"."day") AS BIGINT)
            ) - 1
          ) - 3
        ) % 3
      ) AS "_period"
    FROM "figures" AS "t0"
    WHERE
      (
        "t0"."channel" IN ('e-mail') OR (
          "t0"."channel" IS NULL
        )
      )
      AND "t0"."day" IS NOT NULL
      AND "t0"."day" >= DATE_FROM_PARTS(2024, 1, 1)
      AND "t0"."day" <= DATE_FROM_PARTS(2024, 12, 31)
  ) AS "t1"
) AS "t2"
GROUP BY
  1,
  2;

-- spans
SELECT DISTINCT
  "t1"."_period",
  "t1"."_until",
  "t1"."channel"
FROM (
  SELECT
    "t0"."day" AS "date",
    COALESCE("t0"."until_day", "t0"."day") AS "date_end",
    "t0"."channel",
    "t0"."campaign",
    IFF("t0"."paid" IS NULL, NULL, IFF("t0"."paid", 'true', 'false')) AS "paid",
    "t0"."n_sessions" AS "sessions",
    "t0"."amount" AS "spend",
    "t0"."turnover" AS "revenue",
    "t0"."visitor" AS "visitors",
    "t0"."reach",
    "t0"."fans" AS "followers",
    "t0"."place" AS "position",
    "t0"."shown" AS "search_impressions",
    1 AS "orders",
    DATEDIFF(
      DAY,
      DATE_FROM_PARTS(1000, 1, 6),
      IFF("t0"."day" < DATE_FROM_PARTS(2024, 1, 1), DATE_FROM_PARTS(2024, 1, 1), "t0"."day")
    ) - (
      DATEDIFF(
        DAY,
        DATE_FROM_PARTS(1000, 1, 6),
        IFF("t0"."day" < DATE_FROM_PARTS(2024, 1, 1), DATE_FROM_PARTS(2024, 1, 1), "t0"."day")
      ) % 7
    ) AS "_period",
    DATEDIFF(
      DAY,
      DATE_FROM_PARTS(1000, 1, 6),
      IFF(
        COALESCE("t0"."until_day", "t0"."day") > DATE_FROM_PARTS(2024, 12, 31),
        DATE_FROM_PARTS(2024, 12, 31),
        COALESCE("t0"."until_day", "t0"."day")
      )
    ) - (
      DATEDIFF(
        DAY,
        DATE_FROM_PARTS(1000, 1, 6),
        IFF(
          COALESCE("t0"."until_day", "t0"."day") > DATE_FROM_PARTS(2024, 12, 31),
          DATE_FROM_PARTS(2024, 12, 31),
          COALESCE("t0"."until_day", "t0"."day")
        )
      ) % 7
    ) AS "_until",
    (
      "t0"."day" < DATE_FROM_PARTS(2024, 1, 1)
    )
    OR (
      COALESCE("t0"."until_day", "t0"."day") > DATE_FROM_PARTS(2024, 12, 31)
    ) AS "_outside"
  FROM "figures" AS "t0"
  WHERE
    "t0"."day" IS NOT NULL
    AND COALESCE("t0"."until_day", "t0"."day") >= DATE_FROM_PARTS(2024, 1, 1)
    AND "t0"."day" <= DATE_FROM_PARTS(2024, 12, 31)
) AS "t1"
WHERE
  "t1"."_outside" OR (
    "t1"."_period" <> "t1"."_until"
  );

-- stock groups
SELECT
  "t6"."_period",
  "t6"."channel",
  COUNT(*) AS "present",
  SUM(IFF("t6"."_period" = "t6"."_begin", 1, 0)) AS "begun",
  SUM(IFF((
    "t6"."_period" = "t6"."_end"
  ) AND (
    "t6"."_value" = 0
  ), 1, 0)) AS "ended"
FROM (
  SELECT
    "t5"."_period",
    "t5"."channel",
    "t5"."campaign",
    "t5"."paid",
    "t5"."_value",
    MIN("t5"."_period") OVER (
      PARTITION BY "t5"."channel", "t5"."campaign", "t5"."paid"
      ORDER BY NULL ASC
      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) AS "_begin",
    MAX("t5"."_period") OVER (
      PARTITION BY "t5"."channel", "t5"."campaign", "t5"."paid"
      ORDER BY NULL ASC
      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) AS "_end"
  FROM (
    SELECT
      *
    FROM (
      SELECT
        "t3"."_period",
        "t3"."channel",
        "t3"."campaign",
        "t3"."paid",
        SUM("t3"."followers") AS "_value"
      FROM (
        SELECT
          *
        FROM (
          SELECT
            "t1"."date",
            "t1"."channel",
            "t1"."campaign",
            "t1"."paid",
            "t1"."sessions",
            "t1"."spend",
            "t1"."revenue",
            "t1"."visitors",
            "t1"."reach",
            "t1"."followers",
            "t1"."position",
            "t1"."search_impressions",
            "t1"."orders",
            "t1"."_period",
            MAX(IFF("t1"."followers" IS NOT NULL, "t1"."date", NULL)) OVER (
              PARTITION BY "t1"."_period", "t1"."channel", "t1"."campaign", "t1"."paid"
              ORDER BY NULL ASC
              ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
            ) AS "_last"
          FROM (
            SELECT
              "t0"."day" AS "date",
              "t0"."channel",
              "t0"."campaign",
              IFF("t0"."paid" IS NULL, NULL, IFF("t0"."paid", 'true', 'false')) AS "paid",
              "t0"."n_sessions" AS "sessions",
              "t0"."amount" AS "spend",
              "t0"."turnover" AS "revenue",
              "t0"."visitor" AS "visitors",
              "t0"."reach",
              "t0"."fans" AS "followers",
              "t0"."place" AS "position",
              "t0"."shown" AS "search_impressions",
              1 AS "orders",
              (
                (
                  (
                    CAST(DATE_PART(year, "t0"."day") AS BIGINT) * 12
                  ) + CAST(DATE_PART(month, "t0"."day") AS BIGINT)
                ) - 1
              ) - (
                (
                  (
                    (
                      (
                        CAST(DATE_PART(year, "t0"."day") AS BIGINT) * 12
                      ) + CAST(DATE_PART(month, "t0"."day") AS BIGINT)
                    ) - 1
                  ) - 3
                ) % 3
              ) AS "_period"
            FROM "figures" AS "t0"
            WHERE
              (
                "t0"."channel" IN ('e-mail') OR (
                  "t0"."channel" IS NULL
                )
              )
              AND "t0"."day" IS NOT NULL
              AND "t0"."day" >= DATE_FROM_PARTS(2024, 1, 1)
              AND "t0"."day" <= DATE_FROM_PARTS(2024, 12, 31)
          ) AS "t1"
        ) AS "t2"
        WHERE
          "t2"."date" = "t2"."_last"
      ) AS "t3"
      GROUP BY
        1,
        2,
        3,
        4
    ) AS "t4"
    WHERE
      "t4"."_value" IS NOT NULL
  ) AS "t5"
) AS "t6"
GROUP BY
  1,
  2;

-- totals
SELECT
  COUNT(*) AS "rows",
  SUM(IFF("t1"."date" IS NULL, 1, 0)) AS "undated",
  SUM(
    IFF(
      (
        "t1"."date" IS NOT NULL
      )
      AND (
        "t1"."date" >= DATE_FROM_PARTS(2024, 1, 1)
      )
      AND (
        "t1"."date" <= DATE_FROM_PARTS(2024, 12, 31)
      )
      AND (
        "t1"."channel" IN ('e-mail') OR (
          "t1"."channel" IS NULL
        )
      ),
      1,
      0
    )
  ) AS "used",
  MIN("t1"."date") AS "first",
  MAX("t1"."date") AS "last"
FROM (
  SELECT
    "t0"."day" AS "date",
    "t0"."channel",
    "t0"."campaign",
    IFF("t0"."paid" IS NULL, NULL, IFF("t0"."paid", 'true', 'false')) AS "paid",
    "t0"."n_sessions" AS "sessions",
    "t0"."amount" AS "spend",
    "t0"."turnover" AS "revenue",
    "t0"."visitor" AS "visitors",
    "t0"."reach",
    "t0"."fans" AS "followers",
    "t0"."place" AS "position",
    "t0"."shown" AS "search_impressions",
    1 AS "orders"
  FROM "figures" AS "t0"
) AS "t1";
