-- Analysed images by ViewPosition.
select coalesce(view_position, 'not stated') as view_position, count(*) as images
from standing
where tenant = ? and day between ? and ? and outcome <> 'not-analysed'
group by coalesce(view_position, 'not stated')
order by images desc, view_position
