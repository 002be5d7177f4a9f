"""What is counted, for the programs beside this file."""

TAGS = (
    "#coronavirus #corona #covid19 #covid-19 #covid2019 #covid-2019 #virus #flu #sick #cough #sneeze #hospital #nurse "
    "#doctor #코로나바이러스 #コロナウイルス #冠状病毒"
).split()
