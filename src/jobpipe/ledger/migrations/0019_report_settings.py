"""How clients want their reports, as they say in the interface."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0018_accounts'),
    ]

    operations = [
        migrations.CreateModel(
            name='ReportSetting',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('client', models.CharField(max_length=200, unique=True)),
                ('language', models.CharField(blank=True, max_length=2)),
                ('to', models.JSONField(null=True)),
                ('when', models.CharField(blank=True, max_length=8)),
                ('changed_at', models.DateTimeField()),
                ('changed_by', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'ordering': ('client',),
            },
        ),
    ]
