-- weekly
SELECT
  "t3"."_period" AS "_period",
  "t3"."channel" AS "channel",
  CAST(SUM("t3"."sessions") AS Nullable(Float64)) AS "sessions",
  CAST(SUM("t3"."spend") AS Nullable(Float64)) AS "spend",
  SUM(CASE WHEN isNaN("t3"."revenue") THEN NULL ELSE "t3"."revenue" END) AS "revenue",
  CAST(nullIf(uniqExact("t3"."visitors"), 0) AS Nullable(Float64)) AS "visitors",
  CAST(SUM("t3"."reach") AS Nullable(Float64)) AS "reach",
  SUM(CASE WHEN isNull("t3"."reach") OR (
    "t3"."reach" <> 0
  ) THEN 1 ELSE 0 END) AS "_count_reach",
  CAST(sumIf("t3"."followers", "t3"."date" = "t3"."_last_followers") AS Nullable(Float64)) AS "followers",
  SUM(
    CASE WHEN isNaN("t3"."position") THEN NULL ELSE "t3"."position" END * CAST("t3"."search_impressions" AS Nullable(Float64))
  ) / nullIf(
    sumIf(
      CAST("t3"."search_impressions" AS Nullable(Float64)),
      isNotNull(CASE WHEN isNaN("t3"."position") THEN NULL ELSE "t3"."position" END)
    ),
    0
  ) AS "position",
  SUM(
    CASE
      WHEN isNotNull(CASE WHEN isNaN("t3"."position") THEN NULL ELSE "t3"."position" END)
      AND isNull(CAST("t3"."search_impressions" AS Nullable(Float64)))
      THEN 1
      ELSE 0
    END
  ) AS "_count_position",
  CAST(SUM("t3"."search_impressions") AS Nullable(Float64)) AS "search_impressions",
  CAST(SUM("t3"."orders") AS Nullable(Float64)) AS "orders",
  AVG("t3"."_middle_basket") AS "basket",
  AVG("t3"."_middle_daily_spend") AS "daily_spend",
  AVG("t3"."_middle_wait") AS "wait"
FROM (
  SELECT
    "t2"."date" AS "date",
    "t2"."channel" AS "channel",
    "t2"."campaign" AS "campaign",
    "t2"."paid" AS "paid",
    "t2"."sessions" AS "sessions",
    "t2"."spend" AS "spend",
    "t2"."revenue" AS "revenue",
    "t2"."visitors" AS "visitors",
    "t2"."reach" AS "reach",
    "t2"."followers" AS "followers",
    "t2"."position" AS "position",
    "t2"."search_impressions" AS "search_impressions",
    "t2"."orders" AS "orders",
    "t2"."basket" AS "basket",
    "t2"."daily_spend" AS "daily_spend",
    "t2"."wait" AS "wait",
    "t2"."_period" AS "_period",
    "t2"."_last_followers" AS "_last_followers",
    CASE
      WHEN ABS(
        (
          (
            ROW_NUMBER() OVER (
              PARTITION BY "t2"."_period", "t2"."channel"
              ORDER BY CASE WHEN isNaN("t2"."basket") THEN NULL ELSE "t2"."basket" END ASC
              ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
            ) - 1
          ) * 2
        ) - (
          COUNT(CASE WHEN isNaN("t2"."basket") THEN NULL ELSE "t2"."basket" END) OVER (
            PARTITION BY "t2"."_period", "t2"."channel"
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
          ) - 1
        )
      ) <= 1
      THEN CASE WHEN isNaN("t2"."basket") THEN NULL ELSE "t2"."basket" END
      ELSE NULL
    END AS "_middle_basket",
    CASE
      WHEN ABS(
        (
          (
            ROW_NUMBER() OVER (
              PARTITION BY "t2"."_period", "t2"."channel"
              ORDER BY CAST("t2"."daily_spend" AS Nullable(Float64)) ASC
              ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
            ) - 1
          ) * 2
        ) - (
          COUNT(CAST("t2"."daily_spend" AS Nullable(Float64))) OVER (
            PARTITION BY "t2"."_period", "t2"."channel"
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
          ) - 1
        )
      ) <= 1
      THEN CAST("t2"."daily_spend" AS Nullable(Float64))
      ELSE NULL
    END AS "_middle_daily_spend",
    CASE
      WHEN ABS(
        (
          (
            ROW_NUMBER() OVER (
              PARTITION BY "t2"."_period", "t2"."channel"
              ORDER BY CAST("t2"."wait" AS Nullable(Float64)) ASC
              ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
            ) - 1
          ) * 2
        ) - (
          COUNT(CAST("t2"."wait" AS Nullable(Float64))) OVER (
            PARTITION BY "t2"."_period", "t2"."channel"
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
          ) - 1
        )
      ) <= 1
      THEN CAST("t2"."wait" AS Nullable(Float64))
      ELSE NULL
    END AS "_middle_wait"
  FROM (
    SELECT
      "t1"."date" AS "date",
      "t1"."channel" AS "channel",
      "t1"."campaign" AS "campaign",
      "t1"."paid" AS "paid",
      "t1"."sessions" AS "sessions",
      "t1"."spend" AS "spend",
      "t1"."revenue" AS "revenue",
      "t1"."visitors" AS "visitors",
      "t1"."reach" AS "reach",
      "t1"."followers" AS "followers",
      "t1"."position" AS "position",
      "t1"."search_impressions" AS "search_impressions",
      "t1"."orders" AS "orders",
      "t1"."basket" AS "basket",
      "t1"."daily_spend" AS "daily_spend",
      "t1"."wait" AS "wait",
      "t1"."_period" AS "_period",
      MAX(CASE WHEN isNotNull("t1"."followers") THEN "t1"."date" ELSE NULL END) OVER (
        PARTITION BY "t1"."_period", "t1"."channel", "t1"."campaign", "t1"."paid"
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
      ) AS "_last_followers"
    FROM (
      SELECT
        "t0"."day" AS "date",
        "t0"."channel" AS "channel",
        "t0"."campaign" AS "campaign",
        CASE
          WHEN isNull("t0"."paid")
          THEN NULL
          ELSE CASE WHEN "t0"."paid" THEN 'true' ELSE 'false' END
        END AS "paid",
        "t0"."n_sessions" AS "sessions",
        "t0"."amount" AS "spend",
        "t0"."turnover" AS "revenue",
        "t0"."visitor" AS "visitors",
        "t0"."reach" AS "reach",
        "t0"."fans" AS "followers",
        "t0"."place" AS "position",
        "t0"."shown" AS "search_impressions",
        1 AS "orders",
        "t0"."turnover" AS "basket",
        "t0"."amount" AS "daily_spend",
        "t0"."shown" AS "wait",
        dateTrunc('WEEK', "t0"."day") AS "_period"
      FROM "figures" AS "t0"
      WHERE
        (
          "t0"."channel" IN ('e-mail') OR isNull("t0"."channel")
        )
        AND isNotNull("t0"."day")
        AND "t0"."day" >= toDate('2024-01-01')
        AND "t0"."day" <= toDate('2024-12-31')
    ) AS "t1"
  ) AS "t2"
) AS "t3"
GROUP BY
  "t3"."_period",
  "t3"."channel";

-- quarterly
SELECT
  "t3"."_period" AS "_period",
  "t3"."channel" AS "channel",
  CAST(SUM("t3"."sessions") AS Nullable(Float64)) AS "sessions",
  CAST(SUM("t3"."spend") AS Nullable(Float64)) AS "spend",
  SUM(CASE WHEN isNaN("t3"."revenue") THEN NULL ELSE "t3"."revenue" END) AS "revenue",
  CAST(nullIf(uniqExact("t3"."visitors"), 0) AS Nullable(Float64)) AS "visitors",
  CAST(SUM("t3"."reach") AS Nullable(Float64)) AS "reach",
  SUM(CASE WHEN isNull("t3"."reach") OR (
    "t3"."reach" <> 0
  ) THEN 1 ELSE 0 END) AS "_count_reach",
  CAST(sumIf("t3"."followers", "t3"."date" = "t3"."_last_followers") AS Nullable(Float64)) AS "followers",
  SUM(
    CASE WHEN isNaN("t3"."position") THEN NULL ELSE "t3"."position" END * CAST("t3"."search_impressions" AS Nullable(Float64))
  ) / nullIf(
    sumIf(
      CAST("t3"."search_impressions" AS Nullable(Float64)),
      isNotNull(CASE WHEN isNaN("t3"."position") THEN NULL ELSE "t3"."position" END)
    ),
    0
  ) AS "position",
  SUM(
    CASE
      WHEN isNotNull(CASE WHEN isNaN("t3"."position") THEN NULL ELSE "t3"."position" END)
      AND isNull(CAST("t3"."search_impressions" AS Nullable(Float64)))
      THEN 1
      ELSE 0
    END
  ) AS "_count_position",
  CAST(SUM("t3"."search_impressions") AS Nullable(Float64)) AS "search_impressions",
  CAST(SUM("t3"."orders") AS Nullable(Float64)) AS "orders",
  AVG("t3"."_middle_basket") AS "basket",
  AVG("t3"."_middle_daily_spend") AS "daily_spend",
  AVG("t3"."_middle_wait") AS "wait"
FROM (
  SELECT
    "t2"."date" AS "date",
    "t2"."channel" AS "channel",
    "t2"."campaign" AS "campaign",
    "t2"."paid" AS "paid",
    "t2"."sessions" AS "sessions",
    "t2"."spend" AS "spend",
    "t2"."revenue" AS "revenue",
    "t2"."visitors" AS "visitors",
    "t2"."reach" AS "reach",
    "t2"."followers" AS "followers",
    "t2"."position" AS "position",
    "t2"."search_impressions" AS "search_impressions",
    "t2"."orders" AS "orders",
    "t2"."basket" AS "basket",
    "t2"."daily_spend" AS "daily_spend",
    "t2"."wait" AS "wait",
    "t2"."_period" AS "_period",
    "t2"."_last_followers" AS "_last_followers",
    CASE
      WHEN ABS(
        (
          (
            ROW_NUMBER() OVER (
              PARTITION BY "t2"."_period", "t2"."channel"
              ORDER BY CASE WHEN isNaN("t2"."basket") THEN NULL ELSE "t2"."basket" END ASC
              ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
            ) - 1
          ) * 2
        ) - (
          COUNT(CASE WHEN isNaN("t2"."basket") THEN NULL ELSE "t2"."basket" END) OVER (
            PARTITION BY "t2"."_period", "t2"."channel"
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
          ) - 1
        )
      ) <= 1
      THEN CASE WHEN isNaN("t2"."basket") THEN NULL ELSE "t2"."basket" END
      ELSE NULL
    END AS "_middle_basket",
    CASE
      WHEN ABS(
        (
          (
            ROW_NUMBER() OVER (
              PARTITION BY "t2"."_period", "t2"."channel"
              ORDER BY CAST("t2"."daily_spend" AS Nullable(Float64)) ASC
              ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
            ) - 1
          ) * 2
        ) - (
          COUNT(CAST("t2"."daily_spend" AS Nullable(Float64))) OVER (
            PARTITION BY "t2"."_period", "t2"."channel"
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
          ) - 1
        )
      ) <= 1
      THEN CAST("t2"."daily_spend" AS Nullable(Float64))
      ELSE NULL
    END AS "_middle_daily_spend",
    CASE
      WHEN ABS(
        (
          (
            ROW_NUMBER() OVER (
              PARTITION BY "t2"."_period", "t2"."channel"
              ORDER BY CAST("t2"."wait" AS Nullable(Float64)) ASC
              ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
            ) - 1
          ) * 2
        ) - (
          COUNT(CAST("t2"."wait" AS Nullable(Float64))) OVER (
            PARTITION BY "t2"."_period", "t2"."channel"
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
          ) - 1
        )
      ) <= 1
      THEN CAST("t2"."wait" AS Nullable(Float64))
      ELSE NULL
    END AS "_middle_wait"
  FROM (
    SELECT
      "t1"."date" AS "date",
      "t1"."channel" AS "channel",
      "t1"."campaign" AS "campaign",
      "t1"."paid" AS "paid",
      "t1"."sessions" AS "sessions",
      "t1"."spend" AS "spend",
      "t1"."revenue" AS "revenue",
      "t1"."visitors" AS "visitors",
      "t1"."reach" AS "reach",
      "t1"."followers" AS "followers",
      "t1"."position" AS "position",
      "t1"."search_impressions" AS "search_impressions",
      "t1"."orders" AS "orders",
      "t1"."basket" AS "basket",
      "t1"."daily_spend" AS "daily_spend",
      "t1"."wait" AS "wait",
      "t1"."_period" AS "_period",
      MAX(CASE WHEN isNotNull("t1"."followers") THEN "t1"."date" ELSE NULL END) OVER (
        PARTITION BY "t1"."_period", "t1"."channel", "t1"."campaign", "t1"."paid"
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
      ) AS "_last_followers"
    FROM (
      SELECT
        "t0"."day" AS "date",
        "t0"."channel" AS "channel",
        "t0"."campaign" AS "campaign",
        CASE
          WHEN isNull("t0"."paid")
          THEN NULL
          ELSE CASE WHEN "t0"."paid" THEN 'true' ELSE 'false' END
        END AS "paid",
        "t0"."n_sessions" AS "sessions",
        "t0"."amount" AS "spend",
        "t0"."turnover" AS "revenue",
        "t0"."visitor" AS "visitors",
        "t0"."reach" AS "reach",
        "t0"."fans" AS "followers",
        "t0"."place" AS "position",
        "t0"."shown" AS "search_impressions",
        1 AS "orders",
        "t0"."turnover" AS "basket",
        "t0"."amount" AS "daily_spend",
        "t0"."shown" AS "wait",
        (
          (
            (
              CAST(toYear("t0"."day") AS Nullable(Int64)) * 12
            ) + CAST(toMonth("t0"."day") AS Nullable(Int64))
          ) - 1
        ) - (
          (
            (
              (
                (
                  CAST(toYear("t0"."day") AS Nullable(Int64)) * 12
                ) + CAST(toMonth("t0"."day") AS Nullable(Int64))
              ) - 1
            ) - 3
          ) % 3
        ) AS "_period"
      FROM "figures" AS "t0"
      WHERE
        (
          "t0"."channel" IN ('e-mail') OR isNull("t0"."channel")
        )
        AND isNotNull("t0"."day")
        AND "t0"."day" >= toDate('2024-01-01')
        AND "t0"."day" <= toDate('2024-12-31')
    ) AS "t1"
  ) AS "t2"
) AS "t3"
GROUP BY
  "t3"."_period",
  "t3"."channel";

-- spans
SELECT DISTINCT
  "t1"."_period" AS "_period",
  "t1"."_until" AS "_until",
  "t1"."channel" AS "channel"
FROM (
  SELECT
    "t0"."day" AS "date",
    COALESCE("t0"."until_day", "t0"."day") AS "date_end",
    "t0"."channel" AS "channel",
    "t0"."campaign" AS "campaign",
    CASE
      WHEN isNull("t0"."paid")
      THEN NULL
      ELSE CASE WHEN "t0"."paid" THEN 'true' ELSE 'false' END
    END AS "paid",
    "t0"."n_sessions" AS "sessions",
    "t0"."amount" AS "spend",
    "t0"."turnover" AS "revenue",
    "t0"."visitor" AS "visitors",
    "t0"."reach" AS "reach",
    "t0"."fans" AS "followers",
    "t0"."place" AS "position",
    "t0"."shown" AS "search_impressions",
    1 AS "orders",
    "t0"."turnover" AS "basket",
    "t0"."amount" AS "daily_spend",
    "t0"."shown" AS "wait",
    dateTrunc(
      'WEEK',
      CASE
        WHEN "t0"."day" < toDate('2024-01-01')
        THEN toDate('2024-01-01')
        ELSE "t0"."day"
      END
    ) AS "_period",
    dateTrunc(
      'WEEK',
      CASE
        WHEN COALESCE("t0"."until_day", "t0"."day") > toDate('2024-12-31')
        THEN toDate('2024-12-31')
        ELSE COALESCE("t0"."until_day", "t0"."day")
      END
    ) AS "_until",
    (
      "t0"."day" < toDate('2024-01-01')
    )
    OR (
      COALESCE("t0"."until_day", "t0"."day") > toDate('2024-12-31')
    ) AS "_outside"
  FROM "figures" AS "t0"
  WHERE
    isNotNull("t0"."day")
    AND COALESCE("t0"."until_day", "t0"."day") >= toDate('2024-01-01')
    AND "t0"."day" <= toDate('2024-12-31')
) AS "t1"
WHERE
  "t1"."_outside" OR (
    "t1"."_period" <> "t1"."_until"
  );

-- stock groups
SELECT
  "t6"."_period" AS "_period",
  "t6"."channel" AS "channel",
  COUNT(*) AS "present",
  SUM(CASE WHEN "t6"."_period" = "t6"."_begin" THEN 1 ELSE 0 END) AS "begun",
  SUM(
    CASE
      WHEN (
        "t6"."_period" = "t6"."_end"
      ) AND (
        "t6"."_value" = 0
      )
      THEN 1
      ELSE 0
    END
  ) AS "ended"
FROM (
  SELECT
    "t5"."_period" AS "_period",
    "t5"."channel" AS "channel",
    "t5"."campaign" AS "campaign",
    "t5"."paid" AS "paid",
    "t5"."_value" AS "_value",
    MIN("t5"."_period") OVER (
      PARTITION BY "t5"."channel", "t5"."campaign", "t5"."paid"
      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) AS "_begin",
    MAX("t5"."_period") OVER (
      PARTITION BY "t5"."channel", "t5"."campaign", "t5"."paid"
      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) AS "_end"
  FROM (
    SELECT
      *
    FROM (
      SELECT
        "t3"."_period" AS "_period",
        "t3"."channel" AS "channel",
        "t3"."campaign" AS "campaign",
        "t3"."paid" AS "paid",
        SUM("t3"."followers") AS "_value"
      FROM (
        SELECT
          *
        FROM (
          SELECT
            "t1"."date" AS "date",
            "t1"."channel" AS "channel",
            "t1"."campaign" AS "campaign",
            "t1"."paid" AS "paid",
            "t1"."sessions" AS "sessions",
            "t1"."spend" AS "spend",
            "t1"."revenue" AS "revenue",
            "t1"."visitors" AS "visitors",
            "t1"."reach" AS "reach",
            "t1"."followers" AS "followers",
            "t1"."position" AS "position",
            "t1"."search_impressions" AS "search_impressions",
            "t1"."orders" AS "orders",
            "t1"."basket" AS "basket",
            "t1"."daily_spend" AS "daily_spend",
            "t1"."wait" AS "wait",
            "t1"."_period" AS "_period",
            MAX(CASE WHEN isNotNull("t1"."followers") THEN "t1"."date" ELSE NULL END) OVER (
              PARTITION BY "t1"."_period", "t1"."channel", "t1"."campaign", "t1"."paid"
              ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
            ) AS "_last"
          FROM (
            SELECT
              "t0"."day" AS "date",
              "t0"."channel" AS "channel",
              "t0"."campaign" AS "campaign",
              CASE
                WHEN isNull("t0"."paid")
                THEN NULL
                ELSE CASE WHEN "t0"."paid" THEN 'true' ELSE 'false' END
              END AS "paid",
              "t0"."n_sessions" AS "sessions",
              "t0"."amount" AS "spend",
              "t0"."turnover" AS "revenue",
              "t0"."visitor" AS "visitors",
              "t0"."reach" AS "reach",
              "t0"."fans" AS "followers",
              "t0"."place" AS "position",
              "t0"."shown" AS "search_impressions",
              1 AS "orders",
              "t0"."turnover" AS "basket",
              "t0"."amount" AS "daily_spend",
              "t0"."shown" AS "wait",
              (
                (
                  (
                    CAST(toYear("t0"."day") AS Nullable(Int64)) * 12
                  ) + CAST(toMonth("t0"."day") AS Nullable(Int64))
                ) - 1
              ) - (
                (
                  (
                    (
                      (
                        CAST(toYear("t0"."day") AS Nullable(Int64)) * 12
                      ) + CAST(toMonth("t0"."day") AS Nullable(Int64))
                    ) - 1
                  ) - 3
                ) % 3
              ) AS "_period"
            FROM "figures" AS "t0"
            WHERE
              (
                "t0"."channel" IN ('e-mail') OR isNull("t0"."channel")
              )
              AND isNotNull("t0"."day")
              AND "t0"."day" >= toDate('2024-01-01')
              AND "t0"."day" <= toDate('2024-12-31')
          ) AS "t1"
        ) AS "t2"
        WHERE
          "t2"."date" = "t2"."_last"
      ) AS "t3"
      GROUP BY
        "t3"."_period",
        "t3"."channel",
        "t3"."campaign",
        "t3"."paid"
    ) AS "t4"
    WHERE
      isNotNull("t4"."_value")
  ) AS "t5"
) AS "t6"
GROUP BY
  "t6"."_period",
  "t6"."channel";

-- totals
SELECT
  COUNT(*) AS "rows",
  SUM(CASE WHEN isNull("t1"."date") THEN 1 ELSE 0 END) AS "undated",
  SUM(
    CASE
      WHEN isNotNull("t1"."date")
      AND (
        "t1"."date" >= toDate('2024-01-01')
      )
      AND (
        "t1"."date" <= toDate('2024-12-31')
      )
      AND (
        "t1"."channel" IN ('e-mail') OR isNull("t1"."channel")
      )
      THEN 1
      ELSE 0
    END
  ) AS "used",
  MIN("t1"."date") AS "first",
  MAX("t1"."date") AS "last"
FROM (
  SELECT
    "t0"."day" AS "date",
    "t0"."channel" AS "channel",
    "t0"."campaign" AS "campaign",
    CASE
      WHEN isNull("t0"."paid")
      THEN NULL
      ELSE CASE WHEN "t0"."paid" THEN 'true' ELSE 'false' END
    END AS "paid",
    "t0"."n_sessions" AS "sessions",
    "t0"."amount" AS "spend",
    "t0"."turnover" AS "revenue",
    "t0"."visitor" AS "visitors",
    "t0"."reach" AS "reach",
    "t0"."fans" AS "followers",
    "t0"."place" AS "position",
    "t0"."shown" AS "search_impressions",
    1 AS "orders",
    "t0"."turnover" AS "basket",
    "t0"."amount" AS "daily_spend",
    "t0"."shown" AS "wait"
  FROM "figures" AS "t0"
) AS "t1";
