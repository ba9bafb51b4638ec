"""Plans of rules and of releases of taxonomies that are not in force yet."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0014_figures_changed'),
    ]

    operations = [
        migrations.AddField('plan', 'rules', models.JSONField(default=list)),
        migrations.AddField('plan', 'release', models.JSONField(default=list)),
    ]
