-- Analysed images by calibrated probability, in 1,000 bins: bin 0 is [0, 0.001), bin 999 is [0.999, 1].
select
  least(cast(floor(probability * 1000) as bigint), 999) as bin,
  count(*) as images,
  avg(probability) as mean_probability
from standing
where tenant = ? and day between ? and ? and outcome <> 'not-analysed'
group by least(cast(floor(probability * 1000) as bigint), 999)
order by bin
