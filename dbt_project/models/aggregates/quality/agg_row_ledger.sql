with landed_tables as (
    {% for landed in landed_tables() %}
    select
        cast('{{ landed.source }}' as varchar) as source_dataset,
        cast('{{ landed.table }}' as varchar) as table_name,
        {{ 'true' if landed.of_people else 'false' }} as is_record_of_person,
        (select count(*) from {{ source(landed.source, landed.table) }}) as found_staged,
        {% if landed.deleted %}
        (select count(*) from {{ source(landed.source, landed.table) }} where {{ landed.deleted }}) as soft_deleted,
        {% else %}
        cast(0 as bigint) as soft_deleted,
        {% endif %}
        (select count(*) from {{ ref('stg_' ~ landed.source ~ '__' ~ landed.table) }}) as in_staging
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

row_ledger as (
    select * from {{ source('landing', 'row_ledger') }}
),

delivery_files as (
    select * from {{ source('landing', 'delivery_files') }}
),

person_records as (
    select * from {{ ref('int_person_record') }}
),

persons as (
    select
        source_dataset,
        count(person_id) as with_person
    from person_records
    group by source_dataset
),

joined as (
    select
        landed_tables.source_dataset,
        landed_tables.table_name,
        landed_tables.is_record_of_person,
        coalesce(delivery_files.is_present, false) as is_delivered,
        coalesce(row_ledger.delivered, 0) as delivered,
        coalesce(row_ledger.quarantined, 0) as quarantined,
        coalesce(row_ledger.duplicates_removed, 0) as duplicates_removed,
        coalesce(row_ledger.replaced, 0) as replaced,
        coalesce(row_ledger.staged, 0) as staged,
        landed_tables.found_staged,
        landed_tables.soft_deleted,
        landed_tables.in_staging,
        case when landed_tables.is_record_of_person then coalesce(persons.with_person, 0) end as with_person
    from landed_tables
    left join row_ledger
        on
            landed_tables.source_dataset = row_ledger.source
            and landed_tables.table_name = row_ledger.table_name
    left join delivery_files
        on
            landed_tables.source_dataset = delivery_files.source
            and landed_tables.table_name = delivery_files.table_name
    left join persons on landed_tables.source_dataset = persons.source_dataset
),

final as (
    select
        source_dataset,
        table_name,
        is_record_of_person,
        is_delivered,
        delivered,
        quarantined,
        duplicates_removed,
        replaced,
        staged,
        found_staged,
        soft_deleted,
        in_staging,
        with_person,
        (
            delivered = staged + quarantined + duplicates_removed + replaced
            and staged = found_staged
            and staged = soft_deleted + in_staging
            and coalesce(with_person = in_staging, true)
        ) as is_balanced
    from joined
)

select * from final
