-- How long the stages took. Unit: ms. Quantiles are approximate.
with bounded as (
  select * from standing where tenant = ? and day between ? and ?
),
times as (
  select 'read' as stage, read_ms as ms from bounded
  union all select 'decode', decode_ms from bounded
  union all select 'prepare', prepare_ms from bounded
  union all select 'classification', classification_ms from bounded
  union all select 'segmentation', segmentation_ms from bounded
  union all select 'measurement', measurement_ms from bounded
  union all select 'documents', documents_ms from bounded
  union all select 'total', total_ms from bounded
)
select
  stage,
  count(*) as images,
  avg(ms) as mean_ms,
  approx_percentile(ms, 0.5) as median_ms,
  approx_percentile(ms, 0.95) as p95_ms,
  max(ms) as longest_ms
from times
where ms is not null
group by stage
order by stage
