-- The results that stand: of an image with several, the last. Queries of images read `standing`, not `results`.
select r.*
from results r
left join (
  select tenant, image_id, max(analysed_at) as latest_at
  from results
  where replaces_earlier and not superseded
  group by tenant, image_id
) later on later.tenant = r.tenant and later.image_id = r.image_id
where not r.superseded and (later.latest_at is null or r.analysed_at >= later.latest_at)
