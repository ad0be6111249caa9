-- What was analysed, by lane and outcome, and what it cost by the worker's estimate (null on one machine). Superseded
-- results count too: each was analysed and is billed. Rejected images are not billed and not here.
select
  coalesce(lane, 'none') as lane,
  outcome,
  count(*) as results,
  sum(case when cold then 1 else 0 end) as cold,
  sum(estimated_cost_usd) as estimated_cost_usd
from results
where tenant = ? and day between ? and ? and outcome <> 'not-analysed'
group by coalesce(lane, 'none'), outcome
order by lane, outcome
