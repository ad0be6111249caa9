-- What was screened on each day (UTC). Not analysed is a column of its own: it is in no rate of the analysed.
select
  day,
  count(*) as images,
  sum(case when outcome <> 'not-analysed' then 1 else 0 end) as analysed,
  sum(case when outcome = 'suspected' then 1 else 0 end) as suspected,
  sum(case when discordant then 1 else 0 end) as discordant,
  sum(case when outcome = 'not-analysed' then 1 else 0 end) as not_analysed
from standing
where tenant = ? and day between ? and ?
group by day
order by day
