-- How long the stages took. Unit: ms. Quantiles are approximate. Each image is read once and told of once for each stage.
select
  stage,
  count(*) as images,
  avg(ms) as mean_ms,
  approx_percentile(ms, 0.5) as median_ms,
  approx_percentile(ms, 0.95) as p95_ms,
  max(ms) as longest_ms
from (
  select
    s.stage,
    case s.stage
      when 'read' then r.read_ms
      when 'decode' then r.decode_ms
      when 'prepare' then r.prepare_ms
      when 'classification' then r.classification_ms
      when 'segmentation' then r.segmentation_ms
      when 'measurement' then r.measurement_ms
      when 'documents' then r.documents_ms
      else r.total_ms
    end as ms
  from standing r
  cross join (
    values ('read'), ('decode'), ('prepare'), ('classification'), ('segmentation'), ('measurement'), ('documents'), ('total')
  ) as s (stage)
  where r.tenant = ? and r.day between ? and ?
) times
where ms is not null
group by stage
order by stage
