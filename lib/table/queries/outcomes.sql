-- Images by outcome. `reason` is why one was not analysed.
select outcome, reason, count(*) as images
from standing
where tenant = ? and day between ? and ?
group by outcome, reason
order by images desc, outcome, reason
