-- What is suspected, the likeliest first: at most 1,000.
select day, image_id, probability, discordant, side, area_mm2, analysed_at
from standing
where tenant = ? and day between ? and ? and outcome = 'suspected'
order by probability desc, image_id
limit 1000
