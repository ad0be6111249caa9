-- Analysed images by calibrated probability, in 10,000 bins: bin 0 is [0, 0.0001), bin 9999 is [0.9999, 1].
select
  least(cast(floor(probability * 10000) as bigint), 9999) as bin,
  count(*) as images
from standing
where tenant = ? and day between ? and ? and outcome <> 'not-analysed'
group by least(cast(floor(probability * 10000) as bigint), 9999)
order by bin
